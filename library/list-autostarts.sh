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

# ---- The program that a command line begins with.

# A function of awk: without signs that systemd has before a command, settings of the environment,
# and quotes.
PROGRAM_OF='
  function program_of(command) {
    sub(/^ *[-@:+!|]*/, "", command)
    while (command ~ /^[A-Za-z_][A-Za-z0-9_]*=[^ ]* /) sub(/^[^ ]* +/, "", command)
    if (command ~ /^"/) {
      command = substr(command, 2)
      sub(/".*/, "", command)
    } else sub(/ .*/, "", command)
    return command
  }
'

# ---- The users who have a home.

# each_home WHAT: calls it with a user and the home of that user.
each_home() {
  if [ -r "$root/etc/passwd" ]; then
    while IFS=: read -r user _ _ _ _ home _; do
      case $home in
        / | /*/../* | [!/]* | '' | /proc* | /dev* | /sys* | /Users/*) ;;
        *) [ ! -d "$root$home" ] || "$1" "$user" "$root$home" ;;
      esac
    done <"$root/etc/passwd"
  fi
  for home in "$root"/Users/*; do
    [ ! -d "$home" ] || "$1" "${home##*/}" "$home"
  done
}

# ---- systemd: what its enabled units run, as rows of kind, place, name, user, schedule, command, path.

units='etc/systemd run/systemd usr/local/lib/systemd usr/lib/systemd lib/systemd'

# take_units ENDING...: of the system, and of all users together.
take_units() {
  for manager in system user; do
    taken='|'
    for folder in $units; do
      for link in "$root/$folder/$manager"/*.wants/* "$root/$folder/$manager"/*.requires/*; do
        [ -L "$link" ] || [ -f "$link" ] || continue
        is_time_left || { not_read 'no time was left for units of systemd' && return; }
        for ending do
          case $link in *."$ending") take_unit "${link##*/}" ;; esac
        done
      done
    done
  done
}

# take_unit NAME: also what a timer, a socket or a path starts.
take_unit() {
  case $taken in *"|$1|"*) return 0 ;; esac
  taken="$taken$1|"
  file=$(unit_file "$1")
  [ -n "$file" ] || return 0
  started=$(value_in "$file" Unit)
  [ -n "$started" ] || started=${1%.*}.service
  # What a timer starts is a template in the file of the service, if it has a name behind @.
  service=$file
  case $1 in *.service) started=$1 ;; *) service=$(unit_file "$started") ;; esac
  [ -n "$service" ] || return 0
  kind=systemd
  case $1 in *.timer) kind=timer ;; esac
  for part in "$service" $(drop_ins "$started"); do
    clean "$part" | kind=$kind place=$(printed "${part#"$root"}") name=$(printed "$1") \
      user=$(value_in "$service" User) schedule=$(schedule_of "$1" "$file") \
      awk -v OFS="$US" "$PROGRAM_OF"'
      # A line that ends in a backslash goes on.
      { while (sub(/\\$/, " ") && (getline more) > 0) $0 = $0 more }
      /^Exec(Start|StartPre|StartPost)=[^ ]/ {
        command = substr($0, index($0, "=") + 1)
        print ENVIRON["kind"], ENVIRON["place"], ENVIRON["name"], ENVIRON["user"],
          ENVIRON["schedule"], command, program_of(command)
      }' >>"$work/lines" || spoil
  done
}

# unit_file NAME: the first there is; a name behind @ is that of its template.
unit_file() {
  for name in "$1" "$(printf '%s' "$1" | sed 's/@.*\./@./')"; do
    for folder in $units; do
      file=$root/$folder/$manager/$name
      [ ! -f "$file" ] || { printf '%s' "$file" && return; }
    done
  done
}

# Their folders are root's, so their names have no blanks but by mistake.
drop_ins() {
  for folder in $units; do
    for file in "$root/$folder/$manager/$1.d"/*.conf; do
      case $file in *[[:space:]]*) continue ;; esac
      [ ! -f "$file" ] || printf '%s\n' "$file"
    done
  done
}

# value_in FILE NAME: what its last line of this name says.
value_in() {
  clean "$1" | sed -n "s/^$2= *//p" | tail -n 1
}

schedule_of() {
  case $1 in
    *.timer)
      clean "$2" | grep -E '^On[A-Za-z]+=' | paste -s -d ' ' -
      ;;
  esac
}

# ---- cron: rows of kind, place, name, user, schedule, command, path.

take_cron() {
  for file in "$root/etc/crontab" "$root"/etc/cron.d/*; do take_crontab "$file" system ''; done
  take_crontab "$root/etc/anacrontab" anacron root
  for folder in "$root/var/spool/cron/crontabs" "$root/var/spool/cron" "$root/var/at/tabs"; do
    [ ! -d "$folder" ] || [ -r "$folder" ] || not_read "${folder#"$root"} could not be read"
    for file in "$folder"/*; do take_crontab "$file" user "${file##*/}"; done
  done
  for often in hourly daily weekly monthly; do
    for file in "$root/etc/cron.$often"/* "$root/etc/periodic/$often"/*; do
      if [ ! -f "$file" ] || [ ! -x "$file" ]; then continue; fi
      row cron "${file#"$root"}" "${file##*/}" root "$often" "${file#"$root"}" "${file#"$root"}"
    done
  done
}

# take_crontab FILE FORM USER: the form says whose the lines are. In system, a line names its user;
# in anacron, a time is two words, and a name comes after it.
take_crontab() {
  [ -f "$1" ] || return 0
  clean "$1" | place=$(printed "${1#"$root"}") user=$(printed "$3") awk -v form="$2" -v OFS="$US" "
    $PROGRAM_OF"'
    function word() {
      sub(/^ +/, "", rest)
      match(rest, /^[^ ]*/)
      said = substr(rest, 1, RLENGTH)
      rest = substr(rest, RLENGTH + 1)
      return said
    }
    /^ *(#|$)/ || /^ *[A-Za-z_][A-Za-z0-9_]* *=/ { next }
    {
      rest = $0
      when = word()
      words = form == "anacron" ? 2 : 5
      if (when !~ /^@/ || form == "anacron") for (at = 2; at <= words; at++) when = when " " word()
      name = ENVIRON["place"]
      sub(/.*\//, "", name)
      if (form == "anacron") name = word()
      user = form == "system" ? word() : ENVIRON["user"]
      sub(/^ +/, "", rest)
      if (rest != "") print "cron", ENVIRON["place"], name, user, when, rest, program_of(rest)
    }' >>"$work/lines" || spoil
}

# ---- launchd of macOS: rows of kind, place, name, user, schedule, command, path.

# take_agents KEEP: all, or only those with a time. What Apple has in /System is sealed, and left out.
take_agents() {
  keep=$1
  for file in "$root"/Library/LaunchDaemons/*.plist; do take_agent "$file" root; done
  for file in "$root"/Library/LaunchAgents/*.plist; do take_agent "$file" ''; done
  each_home take_agents_of
}

take_agents_of() {
  for agent in "$2"/Library/LaunchAgents/*.plist; do take_agent "$agent" "$1"; done
}

# take_agent FILE USER: a list of properties may be binary, which only plutil reads.
take_agent() {
  [ -f "$1" ] || return 0
  if has plutil; then
    plutil -convert xml1 -o - "$1" 2>/dev/null | tr '\011\000-\010\013-\037\177' ' ?'
  else
    clean "$1"
  fi >"$work/agent"
  place=$(printed "${1#"$root"}") user=$(printed "$2") keep=$keep awk -v RS='<' -v OFS="$US" "
    $PROGRAM_OF"'
    function decoded(text) {
      gsub(/\n/, " ", text)
      gsub(/&lt;/, "<", text)
      gsub(/&gt;/, ">", text)
      gsub(/&quot;/, "\"", text)
      gsub(/&apos;/, "\047", text)
      gsub(/&amp;/, "\\&", text)
      return text
    }
    {
      tag = text = $0
      sub(/[ >].*/, "", tag)
      sub(/\n.*/, "", tag)
      if (!sub(/^[^>]*>/, "", text)) next
    }
    tag == "dict" { depth++ }
    tag == "/dict" { depth-- }
    tag == "key" && depth == 1 { key = text }
    tag == "key" && depth > 1 { part = text }
    tag == "string" && key == "Label" { label = decoded(text) }
    tag == "string" && key == "Program" { program = decoded(text) }
    tag == "string" && key == "UserName" { user = decoded(text) }
    tag == "string" && key == "ProgramArguments" {
      arguments = arguments (arguments == "" ? "" : " ") decoded(text)
      if (first == "") first = decoded(text)
    }
    tag == "integer" && key == "StartInterval" { schedule = schedule "every " text " s " }
    tag == "integer" && key == "StartCalendarInterval" { schedule = schedule part " " text " " }
    END {
      sub(/ $/, "", schedule)
      if (ENVIRON["keep"] == "timed" && schedule == "") exit
      name = ENVIRON["place"]
      sub(/.*\//, "", name)
      if (label != "") name = label
      if (user == "") user = ENVIRON["user"]
      if (program == "") program = first
      if (arguments == "") arguments = program
      print "launchd", ENVIRON["place"], name, user, schedule, arguments, program
    }' "$work/agent" >>"$work/lines" || spoil
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
