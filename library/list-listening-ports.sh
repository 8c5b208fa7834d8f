#!/bin/sh
# Lists the ports on which a Linux or macOS machine listens, each with its process.
#
#   list-listening-ports.sh --output=/tmp/lrq-listening-ports.ndjson.gz
#     [--rows=10000]      lists no more than that
#     [--kilobytes=1024]  writes no more than that, before compression
#     [--seconds=240]     begins nothing more after that; live response ends a script at ten minutes
#
# It prints one line, a JSON object that says what happened, and leaves only the file. Without root it
# does not see the processes of others.
set -u
LC_ALL=C
export LC_ALL
umask 077

columns='protocol address port path process user command pid origin sha256 written'

gather() {
  [ -z "$root" ] || fail 'it asks a running machine, and no disk'
  if has ss; then
    ask_ss
  elif has lsof; then
    ask_lsof
  else
    fail 'there is no ss and no lsof'
  fi
  sort -u "$work/found" >"$work/sockets" || no_space
  while read -r protocol address port pid; do
    case $port in *[!0-9]* | '') continue ;; esac
    is_time_left || { not_read 'no time was left for the processes of ports' && break; }
    take_socket
  done <"$work/sockets"
}

# Protocol, address, port, and the id of a process or a hyphen, a line for each.
ask_ss() {
  within 60 ss -lntup >"$work/said" 2>/dev/null || not_read 'ss ended with an error'
  awk "$SOCKET"'
    $1 != "tcp" && $1 != "udp" { next }
    {
      rest = $0
      count = 0
      while (match(rest, /pid=[0-9]+,fd=/)) {
        say($1, $5, substr(rest, RSTART + 4, RLENGTH - 8))
        rest = substr(rest, RSTART + RLENGTH)
        count++
      }
      if (count == 0) say($1, $5, "-")
    }' "$work/said" >"$work/found"
}

# It ends with 1 if there is no such socket.
ask_lsof() {
  within 60 lsof -nP -iTCP -sTCP:LISTEN -FpPn >"$work/said" 2>/dev/null
  within 60 lsof -nP -iUDP -FpPn >>"$work/said" 2>/dev/null
  awk "$SOCKET"'
    /^p/ { pid = substr($0, 2) }
    /^P/ { protocol = tolower(substr($0, 2)) }
    /^n/ && !/->/ { say(protocol, substr($0, 2), pid) }' "$work/said" >"$work/found"
}

# A function of awk for a socket that is written 127.0.0.1:22, [::1]:22 or *:22.
SOCKET='
  function say(protocol, socket, pid,  port) {
    port = socket
    sub(/.*:/, "", port)
    sub(/:[^:]*$/, "", socket)
    gsub(/[][]/, "", socket)
    print protocol, socket, port, pid
  }
'

take_socket() {
  program='' process='' user='' command=''
  case $pid in
    -) pid='' ;;
    *)
      # macOS has no /proc; there comm is the full path.
      program=$(readlink "/proc/$pid/exe" 2>/dev/null) ||
        program=$(ps -o comm= -p "$pid" 2>/dev/null)
      process=$(cat "/proc/$pid/comm" 2>/dev/null) || process=${program##*/}
      command=$(ps -o args= -p "$pid" 2>/dev/null)
      user=$(ps -o user= -p "$pid" 2>/dev/null)
      program=${program% (deleted)}
      ;;
  esac
  row "$protocol" "$address" "$port" "$program" "$process" "$user" "$command" "$pid"
}

# within SECONDS COMMAND...: ends it after that; macOS has no timeout.
within() {
  if has timeout; then
    timeout -k 5 "$@"
    return
  fi
  most=$(($1 * 5))
  shift
  "$@" &
  running=$!
  while kill -0 "$running" 2>/dev/null; do
    most=$((most - 1))
    [ "$most" -gt 0 ] || kill "$running" 2>/dev/null
    sleep 0.2
  done
  wait "$running"
}

# ---- Rows: lines of fields at first, and in the end objects of JSON, one a line, in gzip.

output='' rows_most=10000 kilobytes=1024 seconds=240 root='' work='' limit=''
# It stands between fields. Of what a machine has, it becomes a question mark.
US=$(printf '\037')

# The whole script; gather is its own part.
list_rows() {
  read_arguments "$@"
  rm -f "$output"
  deadline=$(($(date +%s) + seconds))
  work=$(mktemp -d "${output%/*}/.lrq-rows.XXXXXX" 2>/dev/null) ||
    fail "cannot write in ${output%/*}/"
  trap 'rm -rf "$work"' EXIT
  trap 'fail "it was ended from outside"' HUP INT TERM
  { mkdir "$work/whole" && : >"$work/lines" && : >"$work/not-read"; } || no_space
  export work US
  if has timeout; then limit='timeout 60'; fi
  gather
  add_details
  write_rows
}

read_arguments() {
  for argument do
    case $argument in
      --output=*) output=${argument#*=} ;;
      --rows=*) rows_most=${argument#*=} ;;
      --kilobytes=*) kilobytes=${argument#*=} ;;
      --seconds=*) seconds=${argument#*=} ;;
      --root=*) root=${argument#*=} root=${root%/} ;;
      *) fail "it does not know the argument $argument" ;;
    esac
  done
  is_within "$rows_most" 1 99999 || fail "--rows is 1 to 99999"
  is_within "$kilobytes" 1 4096 || fail "--kilobytes is 1 to 4096"
  is_within "$seconds" 1 480 || fail "--seconds is 1 to 480"
  case $output in
    /*/ | [!/]* | '') fail "--output is the full path of the file" ;;
  esac
  [ ! -d "$output" ] || fail "--output is a folder"
}

is_within() {
  case $1 in
    '' | *[!0-9]* | ??????*) return 1 ;;
  esac
  [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# row FIELD...: one line. A field with control characters is made harmless first.
row() {
  line=''
  for field do
    case $field in
      *[[:cntrl:]]*) field=$(printed "$field") ;;
    esac
    line=$line$US$field
  done
  printf '%s\n' "${line#"$US"}" >>"$work/lines" || spoil
}

# A line could not be written, perhaps in a shell below this one. So the rows are not whole.
spoil() {
  rmdir "$work/whole" 2>/dev/null
}

# clean FILE: its text, in which only line breaks are control characters; or a line in notRead.
clean() {
  if [ ! -r "$1" ]; then
    not_read "${1#"$root"} could not be read"
  else
    tr '\011\000-\010\013-\037\177' ' ?' <"$1" 2>/dev/null
  fi
}

# not_read WHAT
not_read() {
  printf '%s\n' "$(printed "$1")" >>"$work/not-read"
}

printed() {
  printf '%s' "$1" | tr '\000-\037\177' '?'
}

is_time_left() {
  [ "$(date +%s)" -lt "$deadline" ]
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# What is known of each program: its full path, its hash, when it was written, where it is from.
add_details() {
  field=$(field_of path)
  [ -n "$field" ] || return 0
  cut -d "$US" -f "$field" "$work/lines" | sort -u | while IFS= read -r word; do
    is_time_left || { not_read 'no time was left for the hashes of programs' && break; }
    program=$(full_path "$word")
    [ -f "$root$program" ] || continue
    printf '%s\n' "$word$US$program$US$(hash_of "$root$program")$US$(written "$root$program")"
  done >"$work/programs"
  cut -d "$US" -f 2 "$work/programs" | sort -u >"$work/paths"
  origins >"$work/origins"
}

# A program without a folder is one of the PATH that the system begins with.
full_path() {
  case $1 in
    '' | */*) printf '%s' "$1" ;;
    *)
      for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
        [ ! -f "$root$folder/$1" ] || { printf '%s' "$folder/$1" && return; }
      done
      printf '%s' "$1"
      ;;
  esac
}

hash_of() {
  # shellcheck disable=SC2086
  if has sha256sum; then $limit sha256sum <"$1"; else $limit shasum -a 256 <"$1"; fi 2>/dev/null |
    cut -d ' ' -f 1
}

written() {
  date -u -r "$1" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null
}

# The package that a program is of or, on macOS, who has signed it.
origins() {
  if [ -d "$root/var/lib/dpkg/info" ]; then
    awk -v US="$US" '
      FILENAME == ENVIRON["work"] "/paths" {
        wanted[$0] = $0
        # Packages may have it where it was before /bin became /usr/bin.
        if (sub(/^\/usr\//, "/")) wanted[$0] = "/usr" $0
        next
      }
      $0 in wanted {
        name = FILENAME
        sub(/.*\//, "", name)
        sub(/\.list$/, "", name)
        print wanted[$0] US name
      }' "$work/paths" "$root/var/lib/dpkg/info/"*.list 2>/dev/null
    return
  fi
  [ -z "$root" ] || return 0
  while IFS= read -r program; do
    is_time_left || return 0
    if has rpm; then
      from=$(rpm -qf --qf '%{NAME}' "$program" 2>/dev/null) || from=''
    elif has codesign; then
      from=$(codesign -dvv "$program" 2>&1 | sed -n 's/^Authority=//p' | head -n 1)
    else
      return 0
    fi
    printf '%s\n' "$program$US$from"
  done <"$work/paths"
}

# field_of COLUMN: its place in a line.
field_of() {
  at=0
  for column in $columns; do
    at=$((at + 1))
    [ "$column" != "$1" ] || echo "$at"
  done
}

write_rows() {
  sort -u "$work/lines" | awk -F "$US" -v columns="$columns" -v path="$(field_of path)" \
    -v rows_most="$rows_most" -v bytes_most=$((kilobytes * 1024)) "$TO_JSON" |
    gzip -nc >"$work/rows.gz" || no_space
  if [ ! -d "$work/whole" ] || [ ! -s "$work/counts" ]; then no_space; fi
  # shellcheck disable=SC2046
  set -- $(cat "$work/counts")
  bytes=$(($(wc -c <"$work/rows.gz")))
  sha256=$(hash_of "$work/rows.gz")
  mv -f "$work/rows.gz" "$output" 2>/dev/null || fail "cannot write $output"
  printf '{"ok":true,"file":%s,"bytes":%d,"sha256":"%s",' "$(json "$output")" "$bytes" "$sha256"
  printf '"rows":%d,"cut":%d,"shortened":%d,' "$1" "$2" "$3"
  printf '"notRead":[%s],"asRoot":%s}\n' "$(not_read_list)" "$(is_root)"
}

# A field has at most 4,000 bytes. In the end it leaves how many rows there are, how many there was
# no room for, and how many have a shortened field.
# shellcheck disable=SC2016
TO_JSON='
  function quoted(text) {
    gsub(/["\\]/, "\\\\&", text)
    return "\"" text "\""
  }
  BEGIN {
    count = split(columns, name, " ")
    programs = ENVIRON["work"] "/programs"
    while ((getline line < programs) > 0) {
      split(line, part, FS)
      full[part[1]] = part[2]
      hash[part[1]] = part[3]
      written[part[1]] = part[4]
    }
    origins = ENVIRON["work"] "/origins"
    while ((getline line < origins) > 0) {
      split(line, part, FS)
      if (!(part[1] in origin)) origin[part[1]] = part[2]
    }
  }
  {
    word = path ? $path : ""
    if (word in full) $path = full[word]
    object = ""
    isShort = 0
    for (at = 1; at <= count; at++) {
      value = $at
      if (name[at] == "sha256") value = hash[word]
      if (name[at] == "written") value = written[word]
      if (name[at] == "origin") value = origin[full[word]]
      if (length(value) > 4000) {
        value = substr(value, 1, 4000) "..."
        isShort = 1
      }
      object = object (at > 1 ? "," : "{") quoted(name[at]) ":" quoted(value)
    }
    object = object "}"
    bytes += length(object) + 1
    if (rows >= rows_most || bytes > bytes_most) {
      cut++
      bytes = bytes_most + 1
      next
    }
    rows++
    shortened += isShort
    print object
  }
  END { printf "%d %d %d\n", rows, cut, shortened > (ENVIRON["work"] "/counts") }
'

# At most 20, each once.
not_read_list() {
  sort -u "$work/not-read" | head -n 20 | cut -c 1-200 | sed 's/["\\]/\\&/g; s/.*/"&"/' |
    paste -s -d , -
}

is_root() {
  if [ "$(id -u)" = 0 ]; then echo true; else echo false; fi
}

no_space() {
  fail "the disk of ${output%/*}/ has no room"
}

# Also without the file of an earlier time, which must not be taken for this one.
fail() {
  [ -z "$work" ] || rm -rf "$work"
  [ ! -f "$output" ] || rm -f "$output"
  printf '{"ok":false,"error":%s}\n' "$(json "$1")"
  trap - EXIT
  exit 1
}

json() {
  printf '"%s"' "$(printed "$1" | sed 's/["\\]/\\&/g')"
}

list_rows "$@"
