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

#: rows.sh
list_rows "$@"
