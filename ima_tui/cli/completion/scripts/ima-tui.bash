# bash completion for ima-tui
_ima_tui() {
    local program=$1 current=$2 kind='' line
    COMPREPLY=()
    type -P -- "$program" >/dev/null || program='ima-tui'
    line=${COMP_LINE:0:${COMP_POINT:-0}}
    [[ -n $line ]] || line="${COMP_WORDS[*]:0:COMP_CWORD+1}"
    [[ -n $current || $COMP_LINE ]] || current=${COMP_WORDS[COMP_CWORD]}
    while IFS= read -r line; do
        if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("$line"); fi
    done < <("$program" __complete bash "$line" "$current" 2>/dev/null)
    case $kind in
        files) compopt -o filenames 2>/dev/null
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current") ;;
        folders) compopt -o filenames 2>/dev/null
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$current") ;;
        parts) compopt -o nospace 2>/dev/null ;;
        '') compopt -o default 2>/dev/null ;;
    esac
}
complete -F _ima_tui ima-tui
