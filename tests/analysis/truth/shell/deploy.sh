#!/bin/bash
# shellcheck disable=SC1090
# Puts a build on a host.
# Two lines of it.

set -euo pipefail

. ./lib/common.sh
source "$(dirname "$0")/lib/log.sh"

readonly VERSION=1.2
declare -r -a HOSTS=(alpha beta)
declare -A ports
# Where it goes.
TARGET=${TARGET:-/srv}
export PATH="$PATH:/opt/bin" LANG
count=0
count=1
alias ll='ls -l' la="ls -a"

# Copies one file.
#
# $1: the file
copy_file() {
  local file=$1 name
  local -r base="${file##*/}"
  name=$base
  total=$((total + 1))
  if [[ -f "$file" && -n "$name" ]] || [ -z "$file" ]; then
    log_info "copy $file to ${TARGET}/${name}" || return 1
  elif ! check "$file"; then
    die "no"
  else
    case "$file" in
      *.txt) cp "$file" "$TARGET" ;;
      a|b) for part in "${parts[@]}"; do printf '%s' "$part"; done ;;
      *) echo "${#file}" ;;
    esac
  fi
}

function deploy {
  nested() { copy_file x; }
  while read -r line; do
    copy_file "$line" | tee -a "$LOG" >/dev/null
  done < <(list_files)
  FOO=1 nested && ./run.sh
  readonly INSIDE=1
}

function later() {
  # TODO: roll back
  echo "not implemented"
  return 1
}

cleanup() ( rm -f "$tmp"; )
trap cleanup EXIT
trap 'echo bye' INT

for host in "${HOSTS[@]}"; do
  deploy "$host" &
done
wait
cat <<EOF
$VERSION on $(hostname) ${ports[alpha]}
EOF
(( count += 1 ))
