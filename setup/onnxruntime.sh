#!/bin/sh
# Gets the ONNX Runtime library for this machine into bin/, from the npm package onnxruntime-node: pinned by a lock file
# with integrity hashes, install scripts off. Does nothing when bin/ has the right version, or KOE_ONNXRUNTIME is set.
set -eu

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $1"; shift; for line; do say "  $line"; done; exit 1; }

setup=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
bin=$(dirname -- "$setup")/bin
version=$(sed -n 's/.*"onnxruntime-node": *"\([0-9.]*\)".*/\1/p' "$setup/onnxruntime/package.json")
[ -n "$version" ] || fail "no version of onnxruntime-node in $setup/onnxruntime/package.json"

if [ -n "${KOE_ONNXRUNTIME:-}" ]; then
	[ -e "$KOE_ONNXRUNTIME" ] || fail "KOE_ONNXRUNTIME is $KOE_ONNXRUNTIME, which does not exist" \
		"Set it to the ONNX Runtime library (1.30 or later) or its folder, or unset it to have $version fetched."
	say "ONNX Runtime: using $KOE_ONNXRUNTIME (KOE_ONNXRUNTIME)"
	exit 0
fi

# Which of the package's libraries is this machine's?
own='To use a build of your own (1.30 or later), set KOE_ONNXRUNTIME to its path.'
system=$(uname -s) machine=$(uname -m)
case $system/$machine in
Linux/x86_64 | Linux/amd64) platform=linux/x64 library=libonnxruntime.so.1 ;;
Linux/aarch64 | Linux/arm64) platform=linux/arm64 library=libonnxruntime.so.1 ;;
Darwin/arm64) platform=darwin/arm64 library=libonnxruntime.1.dylib ;;
Darwin/x86_64)
	if [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || true)" = 1 ]; then
		fail "this shell runs under Rosetta, and ONNX Runtime $version is for Apple silicon only" \
			"Open a terminal that does not use Rosetta, or run: arch -arm64 $0"
	fi
	fail "there is no ONNX Runtime $version for Intel Macs" "$own"
	;;
*) fail "there is no ONNX Runtime $version for $system on $machine" \
	"It is there for Linux on x86_64 and arm64 (glibc), and for macOS on Apple silicon." "$own" ;;
esac
if [ "$system" = Linux ]; then
	glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed -n 's/^glibc //p')
	[ -n "$glibc" ] || fail "this Linux has no glibc (musl, as on Alpine?), which ONNX Runtime $version needs" "$own"
	major=${glibc%%.*} minor=${glibc#*.}
	minor=${minor%%.*}
	if [ "$major" -lt 2 ] || { [ "$major" -eq 2 ] && [ "$minor" -lt 28 ]; }; then
		fail "glibc $glibc is too old: ONNX Runtime $version needs 2.28 or later (Debian 10, Ubuntu 20.04)" "$own"
	fi
fi

stamp=$bin/onnxruntime.version
want="onnxruntime-node $version $platform"
if [ -f "$bin/$library" ] && [ "$(cat "$stamp" 2>/dev/null || true)" = "$want" ]; then
	exit 0
fi

if ! command -v npm >/dev/null 2>&1; then
	case $system in
	Darwin) remedy='brew install node' ;;
	*)
		remedy='your package manager has it as npm or nodejs'
		if command -v apt-get >/dev/null 2>&1; then
			remedy='apt-get install npm'
			[ "$(id -u)" = 0 ] || remedy="sudo $remedy"
		elif command -v dnf >/dev/null 2>&1; then
			remedy='sudo dnf install npm'
		elif command -v pacman >/dev/null 2>&1; then
			remedy='sudo pacman -S npm'
		fi
		;;
	esac
	fail "npm is missing; it fetches ONNX Runtime" "Install it: $remedy" "$own"
fi
npm_version=$(npm --version 2>/dev/null || true)
case $npm_version in
'' | [0-6].*) fail "npm ${npm_version:-that does not run} is too old: version 7 or later is needed" \
	"Install a newer Node.js (18 or later), then run this again." ;;
esac

# In bin/ itself, so that the last step is a rename within one file system.
mkdir -p "$bin"
work=$(mktemp -d "$bin/.onnxruntime.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cp "$setup/onnxruntime/package.json" "$setup/onnxruntime/package-lock.json" "$setup/onnxruntime/.npmrc" "$work/"

say "getting ONNX Runtime $version (114 MB) ..."
if ! npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund --loglevel=error --no-progress --no-update-notifier \
	--fetch-retries=1 --fetch-retry-mintimeout=2000 >"$work/log" 2>&1; then
	sed -e '/^npm [a-zA-Z!]*  *at /d' -e 's/^/  /' "$work/log" >&2
	case $(cat "$work/log") in
	*EINTEGRITY*) fail "the download is not the ONNX Runtime that this version of Koe was made with" \
		"Try again; if it stays so, ask who runs the npm registry in use: npm config get registry" ;;
	*ENOSPC*) fail "no space left for ONNX Runtime in $bin (500 MB while unpacking, 50 MB after)" ;;
	esac
	fail "could not get ONNX Runtime through npm (why: above)" \
		"Without a network: run this again where there is one; nothing more is fetched after that." \
		"Behind a proxy: set HTTPS_PROXY, or: npm config set https-proxy http://HOST:PORT" \
		"$own"
fi
found=$work/node_modules/onnxruntime-node/bin/napi-v6/$platform/$library
[ -f "$found" ] || fail "onnxruntime-node $version has no $platform/$library" "$own"
cp -L "$found" "$work/$library"
chmod 755 "$work/$library"
printf '%s\n' "$want" >"$work/stamp"
rm -f "$stamp" # a stamp never names a library that is not there yet
mv -f "$work/$library" "$bin/$library"
mv -f "$work/stamp" "$stamp"
say "ONNX Runtime $version is in $bin/$library"
