# Drives an interactive zsh with its real completion system: types $1, presses TAB, prints what zsh would offer, one a line.
# Usage: zsh -f capture.zsh LINE SCRIPT   (SCRIPT: the completion script to source)
zmodload zsh/zpty || exit 3
zpty z zsh -f -i

# What follows runs inside. Matches are collected by the builtin itself and printed between marks.
setup=$(mktemp)
cat > $setup <<'INNER'
PS1= PS2=
unsetopt zle_bracketed_paste beep
autoload -Uz compinit && compinit -u -D
compadd() {
  local -a hits
  if [[ "${@[1,(i)(-|--)]}" == *-(O|A|D)\ * ]]; then
    builtin compadd "$@"
    return $?
  fi
  builtin compadd -A hits "$@"
  (( $#hits )) && print -rl -- ${hits/#/<hit>}
  builtin compadd "$@"
}
complete-and-tell() { zle complete-word; print; print -r -- '<end>' }
zle -N complete-and-tell
bindkey '^I' complete-and-tell
INNER
print -r -- "source ${(q)2}" >> $setup
print "print '<ready>'" >> $setup
zpty -w z "source $setup"

expect() {
  local text chunk
  integer tries=0
  while [[ $text != *"$1"* ]] && (( tries++ < 200 )); do
    if zpty -r -t z chunk; then text+=$chunk; else sleep 0.05; fi
  done
  print -r -- "$text"
}
expect '<ready>' >/dev/null
zpty -w -n z "$1"$'\t'
expect '<end>' | tr -d '\r' | sed -n 's/.*<hit>//p' | sort -u
zpty -d z
rm -f $setup
