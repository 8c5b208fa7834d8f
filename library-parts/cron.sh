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
