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
