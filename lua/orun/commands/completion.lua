-- `orun completion`: scripts that teach a shell to complete. They know nothing themselves; they ask `orun __complete`, so that
-- new commands, flags and names are offered as soon as they exist.
local scripts = {}

scripts.bash = [=[
# bash completion for orun. Load it with: source <(orun completion bash)
_orun() {
  local line=${COMP_LINE:0:COMP_POINT} program=$1 value word keep=
  type -- "$program" >/dev/null 2>&1 || program=orun
  COMPREPLY=()
  # Readline replaces only $2, which begins anew behind characters such as `=`.
  word=${line##*[[:space:]]}
  [[ $word == *"$2" ]] && keep=${word%"$2"}
  while IFS=$'\t' read -r value _; do
    case $value in
      :files) compopt -o filenames -o default 2>/dev/null ;;
      :words) ;;
      *) COMPREPLY+=("${value#"$keep"}") ;;
    esac
  done < <("$program" __complete --line="$line" 2>/dev/null)
}
complete -F _orun orun
]=]

scripts.zsh = [=[
#compdef orun
# zsh completion for orun. Load it with: source <(orun completion zsh)
# or put it into a folder of $fpath as _orun.
_orun() {
  local line value description files=
  local -a described
  local program=${(Q)words[1]}
  (( $+commands[$program] )) || [[ -x $program ]] || program=orun
  while IFS= read -r line; do
    case $line in
      :files) files=1 ;;
      :words) ;;
      *)
        value=${line%%$'\t'*} description=
        [[ $line == *$'\t'* ]] && description=":${line#*$'\t'}"
        described+=("${value//:/\\:}$description") ;;
    esac
  done < <($program __complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
  (( $#described )) && _describe -V orun described
  if [[ -n $files ]]; then
    compset -P '--*='
    _files
  fi
}
if [[ $funcstack[1] == _orun ]]; then
  _orun "$@"
else
  compdef _orun orun
fi
]=]

scripts.fish = [=[
# fish completion for orun. Load it with: orun completion fish | source
function __orun_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l program $words[1]
  set -e words[1]
  for line in ($program __complete -- $words "$current" 2>/dev/null)
    switch $line
      case :files
        set -l flag (string match -r -- '^--[^=]*=' "$current"; or echo '')
        for file in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current"))
          echo -- $flag$file
        end
      case :words
      case '*'
        echo -- $line
    end
  end
end
complete -c orun -f -a '(__orun_complete)'
]=]

return {
  summary = "Print a script that lets a shell complete orun commands",
  description = [[
bash:  source <(orun completion bash)    in ~/.bashrc
zsh:   source <(orun completion zsh)     in ~/.zshrc, after compinit
fish:  orun completion fish | source     in ~/.config/fish/config.fish]],
  usage = "bash|zsh|fish",
  examples = {
    { "orun completion bash", "to standard output" },
  },
  args = { { name = "shell", help = "bash, zsh or fish" } },

  run = function(ctx, args)
    local script = scripts[args.shell]
    if not script then
      local hint = require("orun.util.suggestion").hint(args.shell, { "bash", "zsh", "fish" })
      require("orun.diagnostic").usage(('no completion for the shell "%s"'):format(args.shell), hint or "known shells: bash, zsh, fish")
    end
    ctx:write(script)
  end,

  complete = function() return { "bash", "zsh", "fish" } end,
}
