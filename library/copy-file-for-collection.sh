#!/bin/sh
# Puts a file, or all files of a folder, into an archive that live response can fetch: also files
# that it cannot fetch itself, because they are sparse, empty or links.
#
#   copy-file-for-collection.sh --path=L3Zhci9sb2c --output=/tmp/lrq-file.tar.gz
#     --path=             base64url of the full path, so that any character may be in it
#     [--megabytes=2900]  takes no more than that, before compression; live response fetches 3 GB
#     [--seconds=420]     begins nothing more after that; live response ends a script at ten minutes
#
# It prints one line, a JSON object that says what happened, and leaves only the archive. In it are
# SHA256SUMS, about every file in it, and not-taken.txt: what is missing, and why. If it could take
# nothing, it fails.
set -u
LC_ALL=C
export LC_ALL
umask 077

path='' output='' megabytes=2900 seconds=420 work=''

main() {
  read_arguments "$@"
  rm -f "$output"
  [ -e "$path" ] || fail "there is no $path"
  deadline=$(($(date +%s) + seconds))
  work=$(mktemp -d "${output%/*}/.lrq-file.XXXXXX" 2>/dev/null) ||
    fail "cannot write in ${output%/*}/"
  trap 'rm -rf "$work"' EXIT
  trap 'fail "it was ended from outside"' HUP INT TERM
  { mkdir "$work/file" && : >"$work/not-taken"; } || no_space
  echo $((megabytes * 1024)) >"$work/left" || no_space
  export work deadline
  take
  pack
}

read_arguments() {
  for argument do
    case $argument in
      --path=*) path=$(decoded "${argument#*=}") path=${path%x} ;;
      --output=*) output=${argument#*=} ;;
      --megabytes=*) megabytes=${argument#*=} ;;
      --seconds=*) seconds=${argument#*=} ;;
      *) fail "it does not know the argument $argument" ;;
    esac
  done
  is_within "$megabytes" 1 2900 || fail "--megabytes is 1 to 2900, for live response fetches 3 GB"
  is_within "$seconds" 1 480 || fail "--seconds is 1 to 480"
  case $output in
    /*/ | [!/]* | '') fail "--output is the full path of the archive" ;;
  esac
  [ ! -d "$output" ] || fail "--output is a folder"
  case $path in
    */../* | */..) fail "--path has a .. in it" ;;
    /*) ;;
    *) fail "--path is base64url of a full path" ;;
  esac
}

is_within() {
  case $1 in
    '' | *[!0-9]* | ?????*) return 1 ;;
  esac
  [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# decoded BASE64URL: the text and an x, which keeps line breaks at its end.
decoded() {
  case $1 in
    *[!A-Za-z0-9_-]*) ;;
    *)
      padded=$(printf '%s' "$1" | tr '_-' '/+')
      while [ $((${#padded} % 4)) -ne 0 ]; do padded=$padded=; done
      # macOS before 13 has -D only.
      printf '%s' "$padded" | base64 -d 2>/dev/null || printf '%s' "$padded" | base64 -D 2>/dev/null
      ;;
  esac
  echo x
}

# The file itself may be a link; in a folder, links are not followed.
take() {
  if [ -d "$path" ]; then
    below -type f -exec sh -c "$COPY" copy {} +
    below ! -type f ! -type d -exec sh -c "$NAME" name 'it is no file' {} +
    below -type d ! -exec test -r {} \; -exec sh -c "$NAME" name 'it could not be read' {} +
  else
    [ -f "$path" ] || fail "$path is no file and no folder"
    sh -c "$COPY" copy "$path"
  fi
}

# below WHAT...: of the folder and its file system, but for what is made here meanwhile.
below() {
  find "$path/" -xdev -path "$work" -prune -o "$@" 2>/dev/null
}

# In shells of their own, for only find can hand over every name there can be.
# shellcheck disable=SC2016
NAME='
  why=$1
  shift
  for path do
    printf "%s\t%s\n" "$why" "$(printf "%s" "$path" | tr "\000-\037\177" "?")" >>"$work/not-taken"
  done
'
# shellcheck disable=SC2016
COPY='
  miss() {
    printf "%s\t%s\n" "$1" "$(printf "%s" "$2" | tr "\000-\037\177" "?")" >>"$work/not-taken"
  }
  for path do
    if [ "$(date +%s)" -ge "$deadline" ]; then miss "no time was left" "$path"; continue; fi
    size=$(ls -lndL "$path" 2>/dev/null | awk "NR == 1 { print int((\$5 + 1023) / 1024) }")
    left=$(cat "$work/left")
    if [ "${size:-0}" -gt "${left:-0}" ]; then
      miss "no room was left: $size KiB" "$path"
      continue
    fi
    into=$work/file/files$path
    if mkdir -p "${into%/*}" && cp -p "$path" "$into" 2>/dev/null; then
      echo $((left - size)) >"$work/left"
    else
      rm -f "$into"
      miss "it could not be read or written" "$path"
    fi
  done
'

pack() {
  cd "$work/file" || no_space
  taken=$(count_files)
  missed=$(wc -l <"$work/not-taken")
  if [ "$taken" -eq 0 ] && [ "$missed" -gt 0 ]; then
    fail "nothing of $path could be taken: $(head -n 1 "$work/not-taken" | cut -f 1)"
  fi
  if has sha256sum; then sum=sha256sum; else sum='shasum -a 256'; fi
  cp "$work/not-taken" not-taken.txt || no_space
  # shellcheck disable=SC2086
  find . -type f ! -name SHA256SUMS -exec $sum {} + >"$work/sums" || no_space
  mv "$work/sums" SHA256SUMS
  tar -czf "$work/archive" . 2>/dev/null || no_space
  files=$(count_files)
  bytes=$(wc -c <"$work/archive")
  sha256=$($sum <"$work/archive" | cut -d ' ' -f 1)
  cd /
  mv -f "$work/archive" "$output" 2>/dev/null || fail "cannot write $output"
  printf '{"ok":true,"archive":%s,"bytes":%d,"sha256":"%s",' "$(json "$output")" "$bytes" "$sha256"
  printf '"files":%d,"notTaken":%d,"taken":%d,' "$files" "$missed" "$taken"
  printf '"asRoot":%s}\n' "$(is_root)"
}

# By the file, for there may be line breaks in names.
count_files() {
  find . -type f -exec sh -c 'for each do echo; done' count {} + | wc -l
}

has() {
  command -v "$1" >/dev/null 2>&1
}

is_root() {
  if [ "$(id -u)" = 0 ]; then echo true; else echo false; fi
}

no_space() {
  fail "the disk of ${output%/*}/ has no room"
}

# Also without the archive of an earlier time, which must not be taken for this one.
fail() {
  [ -z "$work" ] || rm -rf "$work"
  [ ! -f "$output" ] || rm -f "$output"
  printf '{"ok":false,"error":%s}\n' "$(json "$1")"
  trap - EXIT
  exit 1
}

json() {
  printf '"%s"' "$(printf '%s' "$1" | tr '\000-\037\177' '?' | sed 's/["\\]/\\&/g')"
}

main "$@"
