# bash completion for nametag                                              -*- shell-script -*-
# tests/data/test_completions.py compares it with what --help says.

_nametag_clips='@(mp4|m4v|webm|mkv|mov|avi|ogv|mpg|mpeg|ts|3gp|flv)'
_nametag_pictures='@(jpg|jpeg|png|bmp|gif|tif|tiff)'

# Files with such an ending; where there is none, any.
_nametag_files()
{
    _filedir "$1"
    ((${#COMPREPLY[@]})) || _filedir
}

# What the user typed, without quotes and backslashes.
_nametag_plain()
{
    local text=${1#[\"\']}
    text=${text%[\"\']}
    text=${text//\\/}
    printf '%s' "${text/#\~\//$HOME/}"
}

# The lines of standard input that begin as the current word does. Those with spaces come quoted, unless the user quotes.
_nametag_lines()
{
    local line typed
    typed=$(_nametag_plain "$cur")
    while IFS= read -r line; do
        [[ $line == "$typed"* ]] || continue
        [[ $cur == [\"\']* ]] || printf -v line %q "$line"
        COMPREPLY+=("$line")
    done
}

# The people of the gallery that this command line means; none of an encrypted one.
_nametag_people()
{
    local i gallery=()
    for ((i = 2; i < cword; i++)); do
        case ${words[i]} in
            -g | --gallery) gallery=(--gallery "$(_nametag_plain "${words[i + 1]}")") ;;
            --gallery=*) gallery=(--gallery "$(_nametag_plain "${words[i]#*=}")") ;;
        esac
    done
    _nametag_lines < <("${words[0]}" people "${gallery[@]}" names 2>/dev/null)
}

# Not by compgen -W, which would run what stands in $(...) of a camera's name.
_nametag_cameras()
{
    _nametag_lines < <("${words[0]}" devices --json 2>/dev/null | grep -o '"id": *"[^"]*"' | cut -d '"' -f 4; echo test:)
    __ltrim_colon_completions "$cur"
}

# The words that are no options, in $plain, of those before the current one. $1: the options that take a value.
_nametag_plain_words()
{
    local i word
    plain=()
    for ((i = 2; i < cword; i++)); do
        word=${words[i]}
        case $word in
            --) ;;
            -*) [[ " $1 " == *" $word "* ]] && ((i++)) ;;
            *) plain+=("$word") ;;
        esac
    done
}

_nametag_people_words()
{
    local verbs='list names show rename merge split move drop set-aside use remove forget not ignore rejections accept
        strangers unignore unknown name-unknown ignore-unknown drop-unknown undo redo history check export import
        merge-gallery encrypt decrypt'
    case ${plain[0]}:${#plain[@]} in
        *:0) COMPREPLY=($(compgen -W "$verbs" -- "$cur")) ;;
        not:2 | ignore:1) _nametag_files "${_nametag_clips%)}|${_nametag_pictures#@(}" ;;
        show:1 | rename:1 | merge:[12] | split:1 | move:[13] | drop:1 | set-aside:1 | use:1 | remove:1 | forget:1 | not:1) _nametag_people ;;
        rejections:1 | accept:1 | export:2 | name-unknown:[23]) _nametag_people ;;
        export:1 | import:1) _filedir -d ;;
        merge-gallery:1) _filedir ;;
    esac
}

_nametag()
{
    local cur prev words cword split plain options
    local commands='tag live devices enroll people detect represent evaluate explain models demo bench help'
    _init_completion -s -n : || return
    local command=${words[1]} media="${_nametag_clips%)}|${_nametag_pictures#@(}"

    if ((cword == 1)); then
        COMPREPLY=($(compgen -W "$commands --help --version" -- "$cur"))
        return
    fi

    # The value of an option.
    local kind=
    case $command:$prev in
        evaluate:-e | evaluate:-p | evaluate:-l | evaluate:-n | evaluate:-s | bench:-s) kind=none ;;
        evaluate:-c) kind=caution ;;
        evaluate:-d) kind=degrade ;;
        evaluate:-[jr] | evaluate:--json) kind=file ;;
        tag:-[gor] | live:-[gor] | enroll:-g | people:-g | represent:-o | explain:-[go]) kind=file ;;
        *:-[ut]) kind=none ;;
        people:--export | demo:-o | demo:--output | *:--from) kind=folder ;;
        *:--gallery | *:--output | *:--records | *:--report | *:--roc) kind=file ;;
        *:--caution) kind=caution ;;
        *:--degrade) kind=degrade ;;
        *:--device-size) kind=size ;;
        *:--upsample | *:--threads | *:--threshold | *:--tolerance | *:--seconds | *:--rate | *:--start | *:--end | *:--max | *:--at) kind=none ;;
        evaluate:--enrol | evaluate:--people | evaluate:--leave-out | evaluate:--repeats | evaluate:--seed) kind=none ;;
        evaluate:--blur | evaluate:--small | evaluate:--jpeg) kind=none ;;
    esac
    case $kind in
        file) _filedir ;;
        folder) _filedir -d ;;
        caution) COMPREPLY=($(compgen -W 'cautious balanced eager' -- "$cur")) ;;
        degrade) COMPREPLY=($(compgen -W 'none blur small jpeg all' -- "$cur")) ;;
        size) COMPREPLY=($(compgen -W '640x480 1280x720 1920x1080' -- "$cur")) ;;
    esac
    [[ $kind || $split == true ]] && return

    case $command in
        tag)
            options='-g --gallery= -o --output= -r --records= --exact --no-landmarks --raw-landmarks --no-keep -u --upsample=
                --threshold= --caution= --tolerance= -t --threads= --fast -q --quiet' ;;
        live)
            options='-g --gallery= -r --records= --events-only -o --output= --no-landmarks --raw-landmarks --keep --seconds= --loop
                --device-size= --rate= -u --upsample= --threshold= --caution= --tolerance= -t --threads= --fast -q --quiet' ;;
        devices) options='--json' ;;
        enroll)
            options='-g --gallery= --from= --largest -u --upsample= --start= --end= --max= --check -f --force -q --quiet' ;;
        people)
            options='-g --gallery= --json -y --yes --largest --at= --caution= -f --force --keyring --all --export=' ;;
        detect) options='-u --upsample= --threshold= --no-landmarks --no-embedding' ;;
        represent) options='-o --output= -u --upsample= -q --quiet' ;;
        evaluate)
            case ${words[2]} in
                verification) options='-j --json= -r --report= --roc= -u --upsample= -t --threads= -q --quiet' ;;
                identification)
                    options='-e --enrol= -p --people= -l --leave-out= -n --repeats= -s --seed= -d --degrade= --blur= --small= --jpeg=
                        -c --caution= -j --json= -r --report= --roc= -u --upsample= -t --threads= -q --quiet' ;;
            esac ;;
        explain) options='-o --output= -g --gallery= --caution= -u --upsample=' ;;
        models) options= ;;
        demo) options='-o --output= --gallery-only' ;;
        bench) options='--json -s --seconds= -t --threads=' ;;
        help) COMPREPLY=($(compgen -W "${commands% help}" -- "$cur")); return ;;
        *) return ;;
    esac

    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options --help" -- "$cur"))
        [[ ${COMPREPLY-} == *= ]] && compopt -o nospace
        return
    fi

    case $command in
        tag) _nametag_files "$media" ;;
        live)
            _nametag_plain_words '-g --gallery -r --records -o --output --seconds --device-size --rate -u --upsample --threshold --caution --tolerance -t --threads'
            ((${#plain[@]})) && return
            _nametag_files "$media"
            _nametag_cameras ;;
        enroll)
            _nametag_plain_words '-g --gallery --from -u --upsample --start --end --max'
            if ((${#plain[@]})); then _nametag_files "$media"; else _nametag_people; fi ;;
        people)
            _nametag_plain_words '-g --gallery --at --caution --export'
            _nametag_people_words ;;
        detect | explain | bench) _nametag_files "$_nametag_pictures" ;;
        represent) _filedir -d ;;
        evaluate)
            _nametag_plain_words '-e --enrol -p --people -l --leave-out -n --repeats -s --seed -d --degrade --blur --small --jpeg -c --caution -j --json -r --report --roc -u --upsample -t --threads'
            case ${plain[0]}:${#plain[@]} in
                :0) COMPREPLY=($(compgen -W 'verification identification' -- "$cur")) ;;
                verification:1) _filedir ;;
                verification:2 | identification:1) _filedir -d ;;
            esac ;;
        models)
            if ((cword == 2)); then
                COMPREPLY=($(compgen -W 'list verify licences import' -- "$cur"))
            elif [[ ${words[2]} == import ]]; then
                _nametag_files dat
            fi ;;
    esac
} && complete -F _nametag nametag
