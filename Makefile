# Each target is `python3 -m local <command>`, which works without make too. Settings in the environment:
# PREQLY_HTTP_PORT, PREQLY_HTTPS_PORT, PREQLY_API_PORT, PREQLY_REGISTRY_PORT, and PROVIDERS=official, which leads Pulumi's
# own plugins to the embedded cloud (untested where the plugins cannot be downloaded).
PYTHON ?= python3
LOCAL := $(PYTHON) -m local
export PROVIDERS

.DEFAULT_GOAL := help
.PHONY: help check up preview compose status env down test lint bench clean

help:    ## this list
	@grep -E '^[a-z]+: +##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+): +## /  make \1\t/' | expand -t 16
check:   ## what is found in the Django project APP=../mysite, what is missing, what will happen
	@$(LOCAL) check $(if $(APP),"$(APP)")
up:      ## set up what is missing, deploy APP=../mysite, end with https://localhost:8443/ answering
	@$(LOCAL) up $(if $(APP),"$(APP)")
preview: ## what production's settings would create; needs no Docker (MARKDOWN=, WRITE=, COMPARE= name files)
	@$(LOCAL) preview $(if $(APP),"$(APP)") $(if $(MARKDOWN),--markdown $(MARKDOWN)) $(if $(WRITE),--write $(WRITE)) $(if $(COMPARE),--compare $(COMPARE))
compose: ## prepare docker/compose.yaml for APP=../mysite: the application's files, and secrets
	@$(LOCAL) compose $(if $(APP),"$(APP)")
status:  ## services, tasks, database and targets
	@$(LOCAL) status
env:     ## export lines for pulumi and aws: eval "$$(make -s env)"
	@$(LOCAL) env
down:    ## destroy the stack; remove every container, process and file of it
	@$(LOCAL) down
test:    ## all tests (FAST=1: without Pulumi engine and containers; LONG=1: the long ones, which CI leaves out)
	@$(LOCAL) test $(if $(FAST),--fast) $(if $(LONG),--long)
lint:    ## formatter, linter, types
	@$(LOCAL) lint
bench:   ## measure against peers, time the commands (PART=serving for one part, DOCS=1 writes docs/performance.md)
	@$(LOCAL) bench $(PART) $(if $(DOCS),--docs)
clean:   ## remove .venv and the tool cache, after make down
	@$(LOCAL) clean
