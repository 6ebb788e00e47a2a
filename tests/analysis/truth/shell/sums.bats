#!/usr/bin/env bats

load helpers

setup() { tmp=$(mktemp); }

@test "adds two numbers" {
  local sum
  if [ -n "$tmp" ]; then
    run add 1 2
  fi
  sum=$output
  [ "$sum" -eq 3 ]
}

@test 'subtracts' {
  run subtract 1 2
}
