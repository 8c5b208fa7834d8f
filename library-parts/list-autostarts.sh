#!/bin/sh
# Lists what starts by itself on a Linux or macOS machine: enabled units of systemd, cron, rc
# scripts, profiles of shells, preloaded libraries, desktop autostarts, launchd, login items.
#
#   list-autostarts.sh --output=/tmp/lrq-autostarts.ndjson.gz
#     [--rows=10000]      lists no more than that
#     [--kilobytes=1024]  writes no more than that, before compression
#     [--seconds=240]     begins nothing more after that; live response ends a script at ten minutes
#     [--root=/mnt/disk]  lists those of a mounted disk
#
# It prints one line, a JSON object that says what happened, and leaves only the file.
set -u
LC_ALL=C
export LC_ALL
umask 077

columns='kind place name user schedule command path origin sha256 written'

gather() {
  take_units service timer socket path
  take_cron
  take_scripts
  take_preloads
  each_home take_home
  for file in "$root"/etc/xdg/autostart/*.desktop; do take_desktop "$file" ''; done
  take_agents all
}

# Scripts that a machine runs when it starts, and those that a shell reads first.
take_scripts() {
  for file in "$root"/etc/rc.local "$root"/etc/rc[0-6S].d/S* "$root"/etc/init.d/*; do
    [ -x "$file" ] || continue
    case $file in */init.d/*) [ ! -d "$root/etc/rc2.d" ] || continue ;; esac
    take_file rc "$file" root
  done
  for file in "$root"/etc/profile "$root"/etc/profile.d/* "$root"/etc/bash.bashrc \
    "$root"/etc/bashrc "$root"/etc/zshenv "$root"/etc/zprofile "$root"/etc/zshrc \
    "$root"/etc/zsh/*; do
    take_file profile "$file" ''
  done
}

# take_file KIND FILE USER
take_file() {
  [ -f "$2" ] || return 0
  row "$1" "${2#"$root"}" "${2##*/}" "$3" '' "${2#"$root"}" "${2#"$root"}"
}

take_preloads() {
  file=$root/etc/ld.so.preload
  [ -f "$file" ] || return 0
  clean "$file" | sed 's/#.*//' | tr ' ' '\n' | tr ':' '\n' | while IFS= read -r library; do
    [ -z "$library" ] ||
      row preload /etc/ld.so.preload "${library##*/}" '' '' "$library" "$library"
  done
}

# take_home USER HOME
take_home() {
  for name in .profile .bash_profile .bash_login .bashrc .zshenv .zprofile .zshrc .zlogin; do
    take_file profile "$2/$name" "$1"
  done
  for desktop in "$2"/.config/autostart/*.desktop; do take_desktop "$desktop" "$1"; done
  for unit in "$2"/.config/systemd/user/*.wants/*; do take_file systemd "$unit" "$1"; done
  # Of login items, only the file they are in: Apple does not say how to read it.
  take_file login-items "$2/Library/Application Support/com.apple.backgroundtaskmanagementagent/backgrounditems.btm" "$1"
}

# take_desktop FILE USER
take_desktop() {
  [ -f "$1" ] || return 0
  clean "$1" | place=$(printed "${1#"$root"}") name=$(printed "${1##*/}") user=$(printed "$2") \
    awk -v OFS="$US" "$PROGRAM_OF"'
    /^Exec=[^ ]/ {
      command = substr($0, 6)
      print "xdg", ENVIRON["place"], ENVIRON["name"], ENVIRON["user"], "", command,
        program_of(command)
    }' >>"$work/lines" || spoil
}

#: program.sh
#: homes.sh
#: systemd.sh
#: cron.sh
#: launchd.sh
#: rows.sh
list_rows "$@"
