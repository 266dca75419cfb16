# fish completion for ima-tui
function __ima_tui_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    type -q -- $program; or set program ima-tui
    set -l lines ($program __complete fish $words "$current" 2>/dev/null)
    set -l kind $lines[1]
    set -e lines[1]
    set -l prefix (string match -r -- '^-[^=]*=' $current)
    set -l rest (string replace -r -- '^-[^=]*=' '' $current)
    switch "$kind"
        case files ''
            for path in (__fish_complete_path "$rest")
                echo "$prefix$path"
            end
        case folders
            for path in (__fish_complete_directories "$rest")
                echo "$prefix$path"
            end
        case '*'
            printf '%s\n' $lines
    end
end
complete -c ima-tui -f -a '(__ima_tui_complete)'
