//go:build tools

// Keeps the engine's command in go.mod, so that its version and every sum below it are pinned here.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
