#!/bin/sh
# Lists who may act as root on a Linux or macOS machine: users with the id 0, members of powerful
# groups, and the lines of sudo and doas.
#
#   list-local-administrators.sh --output=/tmp/lrq-local-administrators.ndjson.gz
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

columns='kind member via rule id'

# Those of the last two become root by what they may start.
powerful='sudo wheel admin docker lxd'

gather() {
  users=$work/users groups=$work/groups
  read_accounts passwd >"$users"
  read_accounts group >"$groups"
  awk -F : -v OFS="$US" '$3 == 0 && $3 != "" { print "uid-0", $1, "/etc/passwd", "", $3 }' \
    "$users" >>"$work/lines" || spoil
  for group in $powerful; do take_group "$group"; done
  for file in "$root/etc/sudoers" "$root"/etc/sudoers.d/* "$root/usr/local/etc/sudoers"; do
    # What sudo itself leaves out.
    case ${file##*/} in *.* | *~) continue ;; esac
    take_rules sudoers "$file"
  done
  [ ! -d "$root/etc/sudoers.d" ] || [ -r "$root/etc/sudoers.d" ] ||
    not_read '/etc/sudoers.d could not be read'
  take_rules doas "$root/etc/doas.conf"
  if [ -z "$root" ] && has dscl; then ask_directory; fi
}

# read_accounts DATABASE: of a running machine with those of its directory, if it gives them.
read_accounts() {
  if [ -z "$root" ] && has getent; then
    getent "$1" 2>/dev/null
    # shellcheck disable=SC2086
    if [ "$1" = group ]; then getent group $powerful 2>/dev/null; fi
  fi | tr '\011\000-\010\013-\037\177' ' ?'
  if [ -f "$root/etc/$1" ]; then clean "$root/etc/$1"; fi
}

# take_group GROUP: its members, and users whose first group it is.
take_group() {
  group=$1 users=$users awk -F : -v OFS="$US" '
    function say(who) {
      if (who != "" && !(who in said)) print "group", who, ENVIRON["group"], "", id[who]
      said[who] = 1
    }
    BEGIN {
      while ((getline line < ENVIRON["users"]) > 0) {
        split(line, user, ":")
        id[user[1]] = user[3]
        if (user[4] != "") first[user[4]] = first[user[4]] "," user[1]
      }
    }
    $1 == ENVIRON["group"] {
      count = split($4 first[$3], member, ",")
      for (at = 1; at <= count; at++) say(member[at])
    }' "$groups" >>"$work/lines" || spoil
}

# take_rules KIND FILE: a line that ends in a backslash goes on.
take_rules() {
  [ -f "$2" ] || return 0
  clean "$2" | kind=$1 place=$(printed "${2#"$root"}") awk -v OFS="$US" '
    { while (sub(/\\$/, " ") && (getline more) > 0) $0 = $0 more }
    /^ *(#|@|$)/ || /^ *Defaults/ { next }
    ENVIRON["kind"] == "doas" && !/^ *permit/ { next }
    {
      gsub(/ +/, " ")
      sub(/^ /, "")
      sub(/ $/, "")
      who = rule = $0
      if (ENVIRON["kind"] == "doas") {
        sub(/^permit (nopass |persist |nolog |keepenv |setenv [^}]*[}] )*/, "", who)
      }
      sub(/ .*/, "", who)
      print ENVIRON["kind"], who, ENVIRON["place"], rule, ""
    }' >>"$work/lines" || spoil
}

# macOS has its accounts in a directory.
ask_directory() {
  for member in $(dscl . -read /Groups/admin GroupMembership 2>/dev/null | sed 's/^[^:]*://'); do
    row group "$member" admin '' "$(id -u "$member" 2>/dev/null)"
  done
  dscl . -list /Users UniqueID 2>/dev/null | while read -r user id; do
    if [ "$id" = 0 ]; then row uid-0 "$user" directory '' 0; fi
  done
}

#: rows.sh
list_rows "$@"
