# Sourced by ./demo and ./test: Go must be there and new enough, and nothing may download another toolchain.
# shellcheck shell=sh
export GOTOOLCHAIN=local CGO_ENABLED=0
need=1.26
if ! command -v go >/dev/null 2>&1; then
	echo "koe: Go is not installed. Koe needs Go $need or later: https://go.dev/dl/ (macOS: brew install go)" >&2
	exit 1
fi
have=$(go env GOVERSION | sed 's/^go//; s/[^0-9.].*$//')
major=${have%%.*}
rest=${have#*.}
minor=${rest%%.*}
if [ "$major" -lt 1 ] || { [ "$major" -eq 1 ] && [ "$minor" -lt "${need#*.}" ]; }; then
	echo "koe: this is Go $have at $(command -v go). Koe needs Go $need or later: https://go.dev/dl/ (macOS: brew upgrade go)" >&2
	exit 1
fi
unset need have major rest minor
