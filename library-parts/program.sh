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
