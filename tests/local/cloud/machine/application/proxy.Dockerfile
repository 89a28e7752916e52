# The product's nginx without its static files, which take long to make. Context: docker/.
ARG BASE
FROM ${BASE}
RUN mkdir -p /etc/nginx/preqly && cp /etc/ssl/certs/ca-certificates.crt /etc/nginx/preqly/authorities.pem
COPY nginx/*.conf /etc/nginx/preqly/
COPY bin/start-proxy /usr/local/bin/start-proxy
COPY bin/healthcheck-proxy /usr/local/bin/healthcheck
STOPSIGNAL SIGQUIT
CMD ["/usr/local/bin/start-proxy"]
