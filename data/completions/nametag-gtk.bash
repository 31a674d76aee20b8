# bash completion for nametag-gtk                                          -*- shell-script -*-
# tests/data/test_completions.py compares it with what --help says.

_nametag_gtk()
{
    local cur prev words cword split
    _init_completion -s || return
    case $prev in
        -g | --gallery) _filedir; return ;;
        -c | --camera)
            # By their names, which may have spaces.
            local name
            while IFS= read -r name; do
                [[ $name == "${cur#[\"\']}"* ]] || continue
                [[ $cur == [\"\']* ]] || printf -v name %q "$name"
                COMPREPLY+=("$name")
            done < <(nametag devices --json 2>/dev/null | grep -o '"name": *"[^"]*"' | cut -d '"' -f 4)
            return ;;
    esac
    [[ $split == true ]] && return
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W '-g --gallery= -c --camera= -w --new-window --version -h --help' -- "$cur"))
        [[ ${COMPREPLY-} == *= ]] && compopt -o nospace
        return
    fi
    _filedir '@(mp4|m4v|webm|mkv|mov|avi|ogv|mpg|mpeg|ts|3gp|flv|jpg|jpeg|png|bmp|gif|tif|tiff)'
    ((${#COMPREPLY[@]})) || _filedir
} && complete -F _nametag_gtk nametag-gtk
