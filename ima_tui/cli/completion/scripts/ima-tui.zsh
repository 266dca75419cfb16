#compdef ima-tui
# zsh completion for ima-tui
_ima_tui() {
    local program=${(Q)words[1]} kind
    local -a lines options
    program=${~program}
    (( $+commands[$program] )) || [[ -x $program ]] || program='ima-tui'
    lines=("${(@f)$("$program" __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    kind=$lines[1]
    shift lines
    case $kind in
        files) [[ $PREFIX == -*=* ]] && compset -P '*='; _files ;;
        folders) [[ $PREFIX == -*=* ]] && compset -P '*='; _files -/ ;;
        parts) _describe -V ima-tui lines -S '' ;;
        values) _describe -V ima-tui lines ;;
        nothing) return 1 ;;
        *) _files ;;
    esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _ima_tui "$@"
else
    compdef _ima_tui ima-tui
fi
