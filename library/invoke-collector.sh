#!/bin/sh
# Runs a collector that a team already has, such as UAC or Velociraptor, and leaves its output in
# parts that live response can fetch, and a manifest of them.
#
#   invoke-collector.sh --collector=uac-collector.txt --sha256=9f86d081... \
#       --output=/var/tmp/lrq-uac
#     --collector=        the collector file: what to start, and how; PutFile brings it and the pack
#     --sha256=           its hash, so that nothing else is started
#     --output=           leaves FILE.json, which is the manifest, and the parts FILE.1, FILE.2, ...
#     [--parts=1]         the least number of parts, none of them empty: as many as are fetched
#     [--megabytes=2900]  a part has no more than that; live response fetches 3 GB
#     [--seconds=420]     ends the collector after that; live response ends a script at ten minutes
#     [--from=FOLDER]     where PutFile leaves files, if neither here nor where this script is
#
# It prints one line, a JSON object that says what happened, and leaves only its output. The
# collector starts in an empty folder. If it fails, or does not end in time, there is no output.
set -u
LC_ALL=C
export LC_ALL
umask 077

collector='' sha256='' output='' parts=1 megabytes=2900 seconds=420 from=''
pack='' packParts=0 packSha256='' start='' take='' work='' brought='' running=''
CR=$(printf '\r')

main() {
  began=$(date +%s)
  read_arguments "$@"
  rm -f "$output.json" "$output".[1-9] "$output".[1-9][0-9]
  deadline=$((began + seconds))
  work=$(mktemp -d "${output%/*}/.lrq-collector.XXXXXX" 2>/dev/null) ||
    fail "cannot write in ${output%/*}/"
  trap 'clean' EXIT
  trap 'fail "it was ended from outside"' HUP INT TERM
  mkdir "$work/pack" "$work/out" "$work/parts" || no_space
  read_collector
  unpack
  run_collector
  take_output
  divide
  hand_over
}

read_arguments() {
  for argument do
    value=${argument#*=}
    case $argument in
      --collector=*) collector=$value ;;
      --sha256=*) sha256=$value ;;
      --output=*) output=$value ;;
      --parts=*) parts=$value ;;
      --megabytes=*) megabytes=$value ;;
      --seconds=*) seconds=$value ;;
      --from=*) from=$value ;;
      *) fail "it does not know the argument $argument" ;;
    esac
  done
  case $output in
    /*/ | [!/]* | '') output='' && fail "--output is the full path of the output" ;;
  esac
  is_within "$parts" 1 9 || fail "--parts is 1 to 9"
  is_within "$megabytes" 1 2900 || fail "--megabytes is 1 to 2900, for live response fetches 3 GB"
  is_within "$seconds" 1 480 || fail "--seconds is 1 to 480"
  is_name "$collector" || fail "--collector is the name of a library file"
  is_hash "$sha256" || fail "--sha256 is 64 hex digits in small letters"
}

is_within() {
  case $1 in
    '' | *[!0-9]* | ?????*) return 1 ;;
  esac
  [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# As the library has them.
is_name() {
  case $1 in
    '' | [.-]* | *[!A-Za-z0-9._-]*) return 1 ;;
  esac
}

is_hash() {
  case $1 in
    *[!0-9a-f]*) return 1 ;;
  esac
  [ ${#1} -eq 64 ]
}

# What is started is a copy that nobody else can write.
read_collector() {
  for folder in "$from" . "$(dirname "$0")"; do
    [ -n "$folder" ] && [ -f "$folder/$collector" ] && break
  done
  [ -f "$folder/$collector" ] || fail "$collector is neither here nor where this script is"
  from=$(cd "$folder" && pwd) brought=$collector
  cp "$from/$collector" "$work/collector" 2>/dev/null || no_space
  [ "$(hash_of "$work/collector")" = "$sha256" ] || fail "$collector has another hash than --sha256"
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line%"$CR"} value=${line#* } value=${value%"$CR"}
    case $line in
      '' | '#'* | 'argument '*) ;;
      'pack '*) pack=$value ;;
      'parts '*) packParts=$value ;;
      'sha256 '*) packSha256=$value ;;
      'start '*) start=$value ;;
      'take '*) take=$value ;;
      *) fail "$collector has a line that is not known: $line" ;;
    esac
  done <"$work/collector"
  is_name "$pack" || fail "$collector names no pack"
  is_hash "$packSha256" || fail "$collector has no sha256 of the pack"
  case $take in
    .*) is_name "x$take" || fail "$collector does not say what to take" ;;
    *) fail "$collector does not say what to take" ;;
  esac
  [ "$packParts" = 0 ] || is_within "$packParts" 1 40 || fail "$collector has 1 to 40 parts"
}

# The pack is one program, or an archive with the program to start.
unpack() {
  files=$pack
  [ "$packParts" -eq 0 ] || files=$(numbered "$packParts" "$pack.")
  brought="$brought $files"
  for file in $files; do
    [ -f "$from/$file" ] || fail "$file is not where $collector is"
    cat "$from/$file" 2>/dev/null >>"$work/joined" || no_space
  done
  [ "$(hash_of "$work/joined")" = "$packSha256" ] || fail "$pack has another hash than expected"
  case $pack in
    *.tar.gz)
      tar -xzf "$work/joined" -C "$work/pack" 2>/dev/null || fail "$pack could not be unpacked"
      ;;
    *) mv "$work/joined" "$work/pack/$pack" && start=$pack ;;
  esac
  rm -f "$work/joined"
  program=$work/pack/$start
  [ -f "$program" ] || fail "there is no $start in $pack"
  chmod u+x "$program"
}

# numbered COUNT BEGINNING: the beginning with 1, 2, ...
numbered() {
  at=1
  while [ "$at" -le "$1" ]; do
    echo "$2$at"
    at=$((at + 1))
  done
}

run_collector() {
  set -- "$program"
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line%"$CR"}
    case $line in
      'argument '*%out%*) line=${line#* } && set -- "$@" "${line%%%out%*}$work/out${line#*%out%}" ;;
      'argument '*) set -- "$@" "${line#* }" ;;
    esac
  done <"$work/collector"
  # UAC runs only where it lies. What is alone may leave its output where it is started.
  case $pack in
    *.tar.gz) cd "${program%/*}" || no_space ;;
    *) cd "$work/out" || no_space ;;
  esac
  # In a group of its own, so that what it starts ends with it. macOS has no setsid.
  if has setsid; then
    setsid "$@" >"$work/said" 2>&1 </dev/null &
  else
    set -m 2>/dev/null
    "$@" >"$work/said" 2>&1 </dev/null &
    set +m
  fi
  running=$!
  while kill -0 "$running" 2>/dev/null; do
    [ "$(date +%s)" -lt "$deadline" ] || fail "the collector did not end within $seconds seconds"
    sleep 0.2
  done
  wait "$running" 2>/dev/null
  code=$?
  end_collector
  cd /
  [ "$code" -eq 0 ] || fail "the collector ended with $code: $(last_words)"
}

last_words() {
  tail -n 1 "$work/said" | cut -c 1-200
}

end_collector() {
  [ -n "$running" ] || return 0
  kill -s KILL -- "-$running" 2>/dev/null || kill -s KILL "$running" 2>/dev/null
  wait "$running" 2>/dev/null
  running=''
}

# Not from folders below, where a collector may have files that it took.
take_output() {
  found=0
  for each in "$work/out"/*"$take"; do
    if [ -f "$each" ] && [ ! -h "$each" ]; then found=$((found + 1)) taken=$each; fi
  done
  [ "$found" -ne 0 ] || fail "the collector left no file that ends in $take"
  [ "$found" -eq 1 ] || fail "the collector left $found files that end in $take"
  name=$(printf '%s' "${taken##*/}" | tr -c ' -~' '?')
  mv "$taken" "$work/parts/1" || fail "its output could not be moved"
  bytes=$(($(wc -c <"$work/parts/1")))
  whole=$(hash_of "$work/parts/1")
}

# From the end, so that the disk needs room for one part more, and not for all again.
divide() {
  most=$((megabytes * 1048576))
  count=$(((bytes + most - 1) / most))
  [ "$count" -ge "$parts" ] || count=$parts
  [ "$count" -le 99 ] || fail "its output is too much: $bytes bytes"
  [ "$bytes" -gt $(((count - 1) * (count - 1))) ] || fail "its output has only $bytes bytes"
  each=$(((bytes + count - 1) / count))
  at=$count
  while [ "$at" -gt 1 ]; do
    before=$(((at - 1) * each))
    tail -c "+$((before + 1))" "$work/parts/1" >"$work/parts/$at" 2>/dev/null || no_space
    dd if=/dev/null of="$work/parts/1" bs=1 seek="$before" 2>/dev/null || no_space
    at=$((at - 1))
  done
}

# The manifest is last: where it is, all parts are.
hand_over() {
  {
    printf '{"version":1,"name":%s,"size":%d,"sha256":"%s",' "$(json "$name")" "$bytes" "$whole"
    printf '"parts":['
    comma=''
    for at in $(numbered "$count" ''); do
      part=$work/parts/$at
      printf '%s{"path":%s,"size":%d,' "$comma" "$(json "$output.$at")" "$(wc -c <"$part")"
      printf '"sha256":"%s"}' "$(hash_of "$part")"
      comma=,
    done
    echo ']}'
  } >"$work/manifest" 2>/dev/null || no_space
  for at in $(numbered "$count" ''); do put "$work/parts/$at" "$output.$at"; done
  put "$work/manifest" "$output.json"
  printf '{"ok":true,"manifest":%s,"name":%s,' "$(json "$output.json")" "$(json "$name")"
  printf '"bytes":%d,"sha256":"%s","parts":%d,' "$bytes" "$whole" "$count"
  printf '"notFetched":%d,"seconds":%d,' $((count - parts)) $(($(date +%s) - began))
  printf '"asRoot":%s}\n' "$(is_root)"
}

put() {
  [ ! -d "$2" ] || fail "$2 is a folder"
  mv -f "$1" "$2" 2>/dev/null || fail "cannot write $2"
}

has() {
  command -v "$1" >/dev/null 2>&1
}

hash_of() {
  if has sha256sum; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d ' ' -f 1
}

is_root() {
  if [ "$(id -u)" = 0 ]; then echo true; else echo false; fi
}

no_space() {
  fail "the disk of ${output%/*}/ has no room"
}

# Nothing stays but the output: no collector that still runs, and nothing that PutFile brought.
clean() {
  end_collector
  cd /
  [ -z "$work" ] || rm -rf "$work"
  for file in $brought; do rm -f "$from/$file"; done
}

# Also without the output of an earlier time, which must not be taken for this one.
fail() {
  trap - EXIT
  said=$(json "$1")
  clean
  [ -z "$output" ] || rm -f "$output.json" "$output".[1-9] "$output".[1-9][0-9]
  printf '{"ok":false,"error":%s}\n' "$said"
  exit 1
}

json() {
  printf '"%s"' "$(printf '%s' "$1" | tr '\000-\037\177' '?' | sed 's/["\\]/\\&/g')"
}

main "$@"
