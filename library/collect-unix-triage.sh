#!/bin/sh
# Takes what a responder looks at first on a Linux or macOS machine, into one archive: autostarts,
# users, shell histories, what runs and who talks to whom, and the logs of the last days.
#
#   collect-unix-triage.sh --days=7 --output=/tmp/lrq-triage.tar.gz
#     [--megabytes=500]   takes no more than that, before compression
#     [--seconds=420]     begins nothing more after that; live response ends a script at ten minutes
#     [--root=/mnt/disk]  takes files from a mounted disk, and asks no command about this machine
#
# It prints one line, a JSON object that says what happened, and leaves only the archive. In it are
# SHA256SUMS, about every file in it, and not-taken.txt: what is missing, and why. It takes no password
# hashes and no private keys.
set -u
LC_ALL=C
export LC_ALL
umask 077

days=7 output='' megabytes=500 seconds=420 root='' work=''

main() {
  read_arguments "$@"
  rm -f "$output"
  deadline=$(($(date +%s) + seconds))
  kilobytes=$((megabytes * 1024))
  work=$(mktemp -d "${output%/*}/.lrq-triage.XXXXXX" 2>/dev/null) ||
    fail "cannot write in ${output%/*}/"
  trap 'rm -rf "$work"' EXIT
  trap 'fail "it was ended from outside"' HUP INT TERM
  { mkdir "$work/triage" && echo "$kilobytes" >"$work/left" && : >"$work/not-taken"; } || no_space
  export work deadline root
  ask_the_machine
  take_settings
  take_homes
  take_logs
  pack
}

read_arguments() {
  for argument do
    case $argument in
      --days=*) days=${argument#*=} ;;
      --output=*) output=${argument#*=} ;;
      --megabytes=*) megabytes=${argument#*=} ;;
      --seconds=*) seconds=${argument#*=} ;;
      --root=*) root=${argument#*=} root=${root%/} ;;
      *) fail "it does not know the argument $argument" ;;
    esac
  done
  is_within "$days" 1 90 || fail "--days is 1 to 90"
  is_within "$megabytes" 1 2900 || fail "--megabytes is 1 to 2900, for live response fetches 3 GB"
  is_within "$seconds" 1 480 || fail "--seconds is 1 to 480"
  case $output in
    /*/ | [!/]* | '') fail "--output is the full path of the archive" ;;
  esac
  [ ! -d "$output" ] || fail "--output is a folder"
}

is_within() {
  case $1 in
    '' | *[!0-9]* | ?????*) return 1 ;;
  esac
  [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# What only the running machine knows.
ask_the_machine() {
  [ -z "$root" ] || return 0
  say_of system/time.txt date -u
  say_of system/kernel.txt uname -a
  say_of system/uptime.txt uptime
  say_of system/mounts.txt mount
  say_of system/disks.txt df -k
  if has lsmod; then say_of system/modules.txt lsmod; else say_of system/modules.txt kextstat; fi
  say_of processes/processes.txt ps -A -o pid,ppid,user,lstart,args
  hash_programs
  if has ss; then say_of network/sockets.txt ss -anp; else say_of network/sockets.txt netstat -an; fi
  if has lsof; then say_of network/open.txt lsof -nP -i; fi
  if has ip; then say_of network/addresses.txt ip addr; else say_of network/addresses.txt ifconfig -a; fi
  if has ip; then say_of network/routes.txt ip route; else say_of network/routes.txt netstat -rn; fi
  if has ip; then say_of network/neighbours.txt ip neigh; else say_of network/neighbours.txt arp -an; fi
  say_of users/logged-in.txt who -a
  say_of users/logins.txt last
  if has systemctl; then
    say_of autostart/units.txt systemctl list-unit-files --no-pager
    say_of autostart/timers.txt systemctl list-timers --all --no-pager
  fi
  if has launchctl; then say_of autostart/launchd.txt launchctl list; fi
  if has journalctl; then
    say_of logs/journal.txt journalctl --no-pager --since="-${days}d" --lines=200000
  fi
}

# say_of FILE COMMAND...: what the command says.
say_of() {
  file=$1
  shift
  if ! has "$1"; then
    not_taken "there is no $1 here" "$file"
  elif ! is_time_left; then
    not_taken 'no time was left' "$file"
  else
    mkdir -p "$work/triage/${file%/*}"
    within 60 "$@" >"$work/triage/$file" 2>"$work/error" </dev/null ||
      not_taken "$1 ended with an error: $(head -n 1 "$work/error" 2>/dev/null)" "$file"
    count_in "$work/triage/$file"
  fi
}

has() {
  command -v "$1" >/dev/null 2>&1
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

# The programs that run, each once, also those that are deleted.
hash_programs() {
  [ -d /proc/self ] || return 0
  mkdir -p "$work/triage/processes"
  for link in /proc/[0-9]*/exe; do
    is_time_left || break
    program=$(readlink "$link" 2>/dev/null) || continue
    printf '%s  %s\n' "$(hash_of "$link")" "$(printed "$program")"
  done 2>/dev/null | sort -u >"$work/triage/processes/programs.sha256"
}

hash_of() {
  if has sha256sum; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d ' ' -f 1
}

take_settings() {
  for name in passwd group sudoers sudoers.d hosts resolv.conf ssh/sshd_config ssh/sshd_config.d \
    os-release environment profile profile.d bash.bashrc zshrc crontab anacrontab cron.d \
    cron.hourly cron.daily cron.weekly cron.monthly rc.local rc.d init.d ld.so.preload \
    systemd/system modules-load.d pam.d xdg/autostart periodic emond.d; do
    take "$root/etc/$name"
  done
  take "$root/var/spool/cron" "$root/var/at/tabs" "$root/Library/LaunchDaemons" \
    "$root/Library/LaunchAgents" "$root/Library/StartupItems"
}

take_homes() {
  cut -d : -f 6 "$root/etc/passwd" 2>/dev/null | sort -u | while IFS= read -r home; do
    case $home in
      / | /*/../* | [!/]* | '' | /proc* | /dev* | /sys* | /Users/*) ;;
      *) take_home "$root$home" ;;
    esac
  done
  for home in "$root"/Users/*; do take_home "$home"; done
}

take_home() {
  [ -d "$1" ] || return 0
  for name in .bash_history .zsh_history .sh_history .ash_history .history .python_history \
    .bashrc .bash_profile .bash_login .bash_logout .profile .zshrc .zshenv .zprofile \
    .ssh/authorized_keys .ssh/authorized_keys2 .ssh/known_hosts .ssh/config \
    .config/autostart .config/systemd/user Library/LaunchAgents; do
    take "$1/$name"
  done
}

# Last, because they may be more than there is room for.
take_logs() {
  if [ -d "$root/var/log" ]; then
    find "$root/var/log" -type f -mtime "-$days" -exec sh -c "$COPY" copy {} + 2>>"$work/error"
  else
    not_taken 'it is not there' /var/log
  fi
}

# take PATH...: files and folders, as they are there.
take() {
  for path do
    [ -e "$path" ] || continue
    find "$path" -type f -exec sh -c "$COPY" copy {} + 2>>"$work/error"
  done
}

# In a shell of its own, for only find can hand over every name there can be.
# shellcheck disable=SC2016
COPY='
  miss() {
    printf "%s\t%s\n" "$1" "$(printf "%s" "$2" | tr "\000-\037\177" "?")" >>"$work/not-taken"
  }
  for path do
    name=${path#"$root"}
    if [ "$(date +%s)" -ge "$deadline" ]; then miss "no time was left" "$name"; continue; fi
    size=$(ls -lnd "$path" 2>/dev/null | awk "NR == 1 { print int((\$5 + 1023) / 1024) }")
    left=$(cat "$work/left")
    if [ "${size:-0}" -gt "${left:-0}" ]; then miss "no room was left: $size KiB" "$name"; continue; fi
    into=$work/triage/files$name
    if mkdir -p "${into%/*}" && cp -pP "$path" "$into" 2>/dev/null; then
      echo $((left - size)) >"$work/left"
    else
      rm -f "$into"
      miss "it could not be read or written" "$name"
    fi
  done
'

# count_in FILE: what a command said counts, too; what is too much is cut.
count_in() {
  left=$(cat "$work/left")
  size=$(($(wc -c <"$1") / 1024 + 1))
  if [ "$size" -gt "$left" ]; then
    : >"$1"
    not_taken "no room was left: $size KiB" "${1#"$work/triage/"}"
  else
    echo $((left - size)) >"$work/left"
  fi
}

# not_taken WHY WHAT
not_taken() {
  printf '%s\t%s\n' "$(printed "$1")" "$(printed "$2")" >>"$work/not-taken"
}

printed() {
  printf '%s' "$1" | tr '\000-\037\177' '?'
}

is_time_left() {
  [ "$(date +%s)" -lt "$deadline" ]
}

pack() {
  cd "$work/triage" || no_space
  if has sha256sum; then sum=sha256sum; else sum='shasum -a 256'; fi
  cp "$work/not-taken" not-taken.txt || no_space
  # shellcheck disable=SC2086
  find . -type f ! -name SHA256SUMS -exec $sum {} + >"$work/sums" || no_space
  mv "$work/sums" SHA256SUMS
  tar -czf "$work/archive" . 2>/dev/null || no_space
  files=$(count_files)
  missed=$(wc -l <not-taken.txt)
  bytes=$(wc -c <"$work/archive")
  sha256=$(hash_of "$work/archive")
  cd /
  mv -f "$work/archive" "$output" 2>/dev/null || fail "cannot write $output"
  printf '{"ok":true,"archive":%s,"bytes":%d,"sha256":"%s","files":%d,"notTaken":%d,"days":%d,"asRoot":%s}\n' \
    "$(json "$output")" "$bytes" "$sha256" "$files" "$missed" "$days" "$(is_root)"
}

# By the file, for there may be line breaks in names.
count_files() {
  find . -type f -exec sh -c 'for each do echo; done' count {} + | wc -l
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
  printf '"%s"' "$(printed "$1" | sed 's/["\\]/\\&/g')"
}

main "$@"
