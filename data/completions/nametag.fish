# fish completion for nametag. tests/data/test_completions.py compares it with what --help says.

# Whether the command is one of these.
function __nametag_in
    set -l words (commandline -opc)
    contains -- "$words[2]" $argv
end

# The words after the command that are no options; $argv: the options that take a value.
function __nametag_words
    set -l words (commandline -opc)
    set -l skip 0
    for word in $words[3..]
        if test $skip -eq 1
            set skip 0
        else if contains -- $word $argv
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

# Whether so many words stand after the command.
function __nametag_count
    set -l words (__nametag_words -g --gallery -r --records -o --output --from --start --end --max --seconds --device-size \
        --rate -u --upsample --threshold --caution --tolerance -t --threads)
    test (count $words) -eq $argv[1]
end

# Whether a verb of people and the number of words with it are one of these, as "show1".
function __nametag_verb
    __nametag_in people; or return
    set -l words (__nametag_words -g --gallery --at --caution --export)
    contains -- "$words[1]"(count $words) $argv
end

function __nametag_protocol
    set -l words (commandline -opc)
    test "$words[2]" = evaluate; and contains -- "$words[3]" $argv
end

# The people of the gallery that this command line means; none of an encrypted one.
function __nametag_names
    set -l words (commandline -opc)
    set -l gallery
    for i in (seq 3 (count $words))
        if contains -- $words[$i] -g --gallery
            set gallery --gallery $words[(math $i + 1)]
        else if string match -q -- '--gallery=*' $words[$i]
            set gallery --gallery (string replace -- --gallery= '' $words[$i])
        end
    end
    set gallery (string replace -r -- '^~/' "$HOME/" $gallery)
    command $words[1] people $gallery names 2>/dev/null
end

function __nametag_cameras
    set -l words (commandline -opc)
    command $words[1] devices --json 2>/dev/null | string match -ar -g '"id": *"([^"]*)"'
    printf 'test:\ttest pattern\n'
end

function __nametag_pictures
    __fish_complete_suffix .jpg .jpeg .png .bmp .gif .tif .tiff
end

function __nametag_media
    __fish_complete_suffix .mp4 .m4v .webm .mkv .mov .avi .ogv .mpg .mpeg .ts .3gp .flv .jpg .jpeg .png .bmp .gif .tif .tiff
end

complete -c nametag -f

set -l first 'test (count (commandline -opc)) -eq 1'
complete -c nametag -n $first -l help -d 'List the commands'
complete -c nametag -n $first -l version -d 'Print the version'
for name in $first '__nametag_in help; and test (count (commandline -opc)) -eq 2'
    complete -c nametag -n $name -a tag -d 'Name the faces in clips, streams and pictures'
    complete -c nametag -n $name -a live -d 'Name the faces before a camera, as it happens'
    complete -c nametag -n $name -a devices -d 'List the cameras of this machine'
    complete -c nametag -n $name -a enroll -d 'Teach the gallery a person, from pictures or clips'
    complete -c nametag -n $name -a people -d 'The people of a gallery, and the unknown seen'
    complete -c nametag -n $name -a detect -d 'Print the faces of pictures'
    complete -c nametag -n $name -a represent -d 'Print the embeddings of a folder of pictures as CSV'
    complete -c nametag -n $name -a evaluate -d 'Measure on your own pictures how well faces are recognised'
    complete -c nametag -n $name -a explain -d 'Draw how the program sees a picture, step by step'
    complete -c nametag -n $name -a models -d 'The trained models and their licences'
    complete -c nametag -n $name -a demo -d 'Show the main job on clips that come with the program'
    complete -c nametag -n $name -a bench -d 'Time each step on this machine'
end
complete -c nametag -n $first -a help -d 'Explain a command'

# Options that several commands share.
complete -c nametag -n '__nametag_in tag live devices enroll people detect represent evaluate explain models demo bench' -s h -l help -d 'Explain the command'
complete -c nametag -n '__nametag_in tag live enroll people explain' -s g -l gallery -rF -d 'The people'
complete -c nametag -n '__nametag_in tag live people explain' -l caution -xa 'cautious balanced eager' -d 'How sure a name must be'
complete -c nametag -n '__nametag_in tag live enroll detect represent explain; or __nametag_protocol verification identification' -s u -l upsample -xa '0 1 2 3 4' -d 'Double the picture so often first'
complete -c nametag -n '__nametag_in tag live bench; or __nametag_protocol verification identification' -s t -l threads -x -d 'Threads'
complete -c nametag -n '__nametag_in tag live enroll represent; or __nametag_protocol verification identification' -s q -l quiet -d 'No progress, no summary'
complete -c nametag -n '__nametag_in tag live detect' -l threshold -x -d 'Least detection score'
complete -c nametag -n '__nametag_in tag live' -l tolerance -x -d 'Greatest distance that gives a name'
complete -c nametag -n '__nametag_in tag live' -l fast -d 'Embed in 8 bits where the processor can'
complete -c nametag -n '__nametag_in tag live detect' -l no-landmarks -d 'Leave the 68 points out'
complete -c nametag -n '__nametag_in tag live' -l raw-landmarks -d 'The points as fitted, not steadied'
complete -c nametag -n '__nametag_in tag live' -s r -l records -rF -d 'Write records'
complete -c nametag -n '__nametag_in tag live represent explain' -s o -l output -rF -d 'Where the result goes'
complete -c nametag -n '__nametag_in enroll people' -l largest -d 'Of several faces the largest'
complete -c nametag -n '__nametag_in enroll people' -s f -l force -d 'Take pictures that would be refused'
complete -c nametag -n '__nametag_in devices people bench' -l json -d 'Print JSON'

complete -c nametag -n '__nametag_in tag' -l exact -d 'Clips: analyse each frame from scratch'
complete -c nametag -n '__nametag_in tag' -l no-keep -d 'Keep no pictures of unknown people'
complete -c nametag -n '__nametag_in tag' -ka '(__nametag_media)'

complete -c nametag -n '__nametag_in live' -l events-only -d 'Records: who comes and goes, no frames'
complete -c nametag -n '__nametag_in live' -l keep -d 'Keep pictures of unknown people'
complete -c nametag -n '__nametag_in live' -l seconds -x -d 'Stop after that time'
complete -c nametag -n '__nametag_in live' -l loop -d 'A file: begin anew at its end'
complete -c nametag -n '__nametag_in live' -l device-size -xa '640x480 1280x720 1920x1080' -d "A camera's picture"
complete -c nametag -n '__nametag_in live' -l rate -x -d "A camera's frames a second"
complete -c nametag -n '__nametag_in live; and __nametag_count 0' -ka '(__nametag_media)'
complete -c nametag -n '__nametag_in live; and __nametag_count 0' -a '(__nametag_cameras)' -d 'Camera'

complete -c nametag -n '__nametag_in enroll' -l from -xa '(__fish_complete_directories)' -d 'Enrol everybody of a folder'
complete -c nametag -n '__nametag_in enroll' -l start -x -d 'Clips: begin at that second'
complete -c nametag -n '__nametag_in enroll' -l end -x -d 'Clips: end at that second'
complete -c nametag -n '__nametag_in enroll' -l max -x -d 'Clips: take at most so many faces'
complete -c nametag -n '__nametag_in enroll' -l check -d 'Say what would be taken, and change nothing'
complete -c nametag -n '__nametag_in enroll; and __nametag_count 0' -a '(__nametag_names)' -d Person
complete -c nametag -n '__nametag_in enroll; and not __nametag_count 0' -ka '(__nametag_media)'

complete -c nametag -n '__nametag_in people' -s y -l yes -d 'forget, decrypt: do not ask'
complete -c nametag -n '__nametag_in people' -l at -x -d 'not, ignore: the second of a clip'
complete -c nametag -n '__nametag_in people' -l keyring -d "encrypt: keep the key in the desktop's keyring"
complete -c nametag -n '__nametag_in people' -l all -d 'drop-unknown: all of them'
complete -c nametag -n '__nametag_in people' -l export -xa '(__fish_complete_directories)' -d 'unknown: write their pictures there'
complete -c nametag -n '__nametag_verb 0' -a list -d 'Everybody, with the number of pictures'
complete -c nametag -n '__nametag_verb 0' -a names -d "Everybody's name, a line each"
complete -c nametag -n '__nametag_verb 0' -a show -d 'The pictures of a person'
complete -c nametag -n '__nametag_verb 0' -a rename -d 'Give a person another name'
complete -c nametag -n '__nametag_verb 0' -a merge -d 'Two who are one'
complete -c nametag -n '__nametag_verb 0' -a split -d 'One who is two'
complete -c nametag -n '__nametag_verb 0' -a move -d 'Give some pictures to somebody else'
complete -c nametag -n '__nametag_verb 0' -a drop -d 'Take some pictures out'
complete -c nametag -n '__nametag_verb 0' -a set-aside -d 'Keep pictures, but do not recognise by them'
complete -c nametag -n '__nametag_verb 0' -a use -d 'Recognise by them again'
complete -c nametag -n '__nametag_verb 0' -a remove -d 'Take a person out; can be undone'
complete -c nametag -n '__nametag_verb 0' -a forget -d 'Erase a person for good'
complete -c nametag -n '__nametag_verb 0' -a not -d 'The face so called is somebody else'
complete -c nametag -n '__nametag_verb 0' -a ignore -d 'The unknown faces in a picture are nobody to ask about'
complete -c nametag -n '__nametag_verb 0' -a rejections -d 'What was said not to be somebody'
complete -c nametag -n '__nametag_verb 0' -a accept -d "Take 'not' back"
complete -c nametag -n '__nametag_verb 0' -a strangers -d 'Who is ignored'
complete -c nametag -n '__nametag_verb 0' -a unignore -d "Take 'ignore' back"
complete -c nametag -n '__nametag_verb 0' -a unknown -d 'The unknown people who were seen and kept'
complete -c nametag -n '__nametag_verb 0' -a name-unknown -d 'Enrol the pictures kept of somebody unknown'
complete -c nametag -n '__nametag_verb 0' -a ignore-unknown -d 'Somebody unknown is nobody to ask about'
complete -c nametag -n '__nametag_verb 0' -a drop-unknown -d 'Erase the pictures kept of somebody unknown'
complete -c nametag -n '__nametag_verb 0' -a undo -d 'Take the newest changes back'
complete -c nametag -n '__nametag_verb 0' -a redo -d 'Make what was undone again'
complete -c nametag -n '__nametag_verb 0' -a history -d 'The changes that can be undone'
complete -c nametag -n '__nametag_verb 0' -a check -d 'How well people are told apart'
complete -c nametag -n '__nametag_verb 0' -a export -d 'Write everybody, or one person, to a new folder'
complete -c nametag -n '__nametag_verb 0' -a import -d "Take in what 'export' wrote"
complete -c nametag -n '__nametag_verb 0' -a merge-gallery -d 'Take in everybody of another gallery'
complete -c nametag -n '__nametag_verb 0' -a encrypt -d 'Seal names, faces and sources in the file'
complete -c nametag -n '__nametag_verb 0' -a decrypt -d 'Open an encrypted gallery for good'
complete -c nametag -n '__nametag_verb show1 rename1 merge1 merge2 split1 move1 move3 drop1 set-aside1 use1 remove1 forget1 not1 rejections1 accept1 export2 name-unknown2 name-unknown3' -a '(__nametag_names)' -d Person
complete -c nametag -n '__nametag_verb not2 ignore1' -ka '(__nametag_media)'
complete -c nametag -n '__nametag_verb export1 import1' -a '(__fish_complete_directories)'
complete -c nametag -n '__nametag_verb merge-gallery1' -F

complete -c nametag -n '__nametag_in detect' -l no-embedding -d 'Do not embed the faces'
complete -c nametag -n '__nametag_in detect explain bench' -ka '(__nametag_pictures)'
complete -c nametag -n '__nametag_in represent' -a '(__fish_complete_directories)'

set -l protocols '__nametag_protocol verification identification'
complete -c nametag -n '__nametag_in evaluate; and test (count (commandline -opc)) -eq 2' -a verification -d 'Are two pictures of the same person?'
complete -c nametag -n '__nametag_in evaluate; and test (count (commandline -opc)) -eq 2' -a identification -d 'Some people are enrolled, others are strangers'
complete -c nametag -n $protocols -s j -l json -rF -d 'Write all figures'
complete -c nametag -n $protocols -s r -l report -rF -d 'Write a page with charts'
complete -c nametag -n $protocols -l roc -rF -d 'Write the curve as SVG'
complete -c nametag -n '__nametag_protocol identification' -s e -l enrol -x -d 'How many pictures to enrol, each in turn'
complete -c nametag -n '__nametag_protocol identification' -s p -l people -x -d 'Enrol at most so many people'
complete -c nametag -n '__nametag_protocol identification' -s l -l leave-out -x -d 'The share or number who are strangers'
complete -c nametag -n '__nametag_protocol identification' -s n -l repeats -x -d 'Random splits'
complete -c nametag -n '__nametag_protocol identification' -s s -l seed -x -d 'Where the random splits begin'
complete -c nametag -n '__nametag_protocol identification' -s d -l degrade -xa 'none blur small jpeg all' -d 'What is done to the probes'
complete -c nametag -n '__nametag_protocol identification' -l blur -x -d "Sigma in % of the face's width"
complete -c nametag -n '__nametag_protocol identification' -l small -x -d 'Width of a small face'
complete -c nametag -n '__nametag_protocol identification' -l jpeg -x -d 'JPEG quality'
complete -c nametag -n '__nametag_protocol identification' -s c -l caution -xa 'cautious balanced eager' -d 'Whose confusion matrix is shown'
complete -c nametag -n '__nametag_protocol verification' -F
complete -c nametag -n '__nametag_protocol identification' -a '(__fish_complete_directories)'

set -l models '__nametag_in models; and test (count (commandline -opc)) -eq 2'
complete -c nametag -n $models -a list -d 'The models in use'
complete -c nametag -n $models -a verify -d 'Whether each is what the importer wrote'
complete -c nametag -n $models -a licences -d 'What may be done with them'
complete -c nametag -n $models -a import -d "Take dlib's own files"
complete -c nametag -n '__nametag_in models; and test (count (commandline -opc)) -gt 2; and contains -- (commandline -opc)[3] import' -ka '(__fish_complete_suffix .dat)'

complete -c nametag -n '__nametag_in demo' -s o -l output -xa '(__fish_complete_directories)' -d 'The folder to write to'
complete -c nametag -n '__nametag_in demo' -l gallery-only -d 'Enrol the two people, and tag nothing'

complete -c nametag -n '__nametag_in bench' -s s -l seconds -x -d 'Time for each figure'
