# fish completion for nametag-gtk. tests/data/test_completions.py compares it with what --help says.

function __nametag_gtk_cameras
    command nametag devices --json 2>/dev/null | string match -ar -g '"name": *"([^"]*)"'
end

complete -c nametag-gtk -s h -l help -d 'Show the options'
complete -c nametag-gtk -l version -d 'Show the version'
complete -c nametag-gtk -s g -l gallery -rF -d 'The file with the people'
complete -c nametag-gtk -s c -l camera -xa '(__nametag_gtk_cameras)' -d 'Open a camera by its name'
complete -c nametag-gtk -s w -l new-window -d 'Open in a new window'
complete -c nametag-gtk -ka '(__fish_complete_suffix .mp4 .m4v .webm .mkv .mov .avi .ogv .mpg .mpeg .ts .3gp .flv .jpg .jpeg .png .bmp .gif .tif .tiff)'
