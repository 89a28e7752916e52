//go:build tools

// Keeps the plugin's command in go.mod, so that its version and every sum below it are pinned here.
package tools

import _ "github.com/aws/session-manager-plugin/src/sessionmanagerplugin-main"
