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
