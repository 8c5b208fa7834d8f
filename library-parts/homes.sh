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
