#!/bin/sh
# Lists what a Linux or macOS machine does at set times: cron, timers of systemd, at, launchd.
#
#   list-scheduled-work.sh --output=/tmp/lrq-scheduled-work.ndjson.gz
#     [--rows=10000]      lists no more than that
#     [--kilobytes=1024]  writes no more than that, before compression
#     [--seconds=240]     begins nothing more after that; live response ends a script at ten minutes
#     [--root=/mnt/disk]  lists that of a mounted disk
#
# It prints one line, a JSON object that says what happened, and leaves only the file.
set -u
LC_ALL=C
export LC_ALL
umask 077

columns='kind place name user schedule command path origin sha256 written'

gather() {
  take_units timer
  take_cron
  take_jobs
  take_agents timed
}

# Of a job of at, the last line; before it at has written the environment.
take_jobs() {
  for folder in "$root/var/spool/cron/atjobs" "$root/var/spool/at"; do
    [ ! -d "$folder" ] || [ -r "$folder" ] || not_read "${folder#"$root"} could not be read"
    for job in "$folder"/*; do
      [ -f "$job" ] || continue
      # shellcheck disable=SC2012
      user=$(ls -ld "$job" | awk 'NR == 1 { print $3 }')
      command=$(clean "$job" | grep -v '^ *$' | tail -n 1)
      program=$(printf '%s\n' "$command" | awk "$PROGRAM_OF"' { print program_of($0) }')
      row at "${job#"$root"}" "${job##*/}" "$user" '' "$command" "$program"
    done
  done
}

#: program.sh
#: homes.sh
#: systemd.sh
#: cron.sh
#: launchd.sh
#: rows.sh
list_rows "$@"
