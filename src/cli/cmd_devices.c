/* nametag devices: the cameras of this machine. */
#include <stdio.h>

#include "cli/command.h"
#include "export/json_writer.h"
#include "media/devices.h"
#include "media/source.h"

static const char description[] =
    "A camera's id, or its name, goes to 'nametag live'; the first one listed is what 'nametag live' takes by itself.\n"
    "\n"
    "Examples:\n"
    "  nametag devices\n"
    "  nametag live pipewire:camera0\n"
    "  nametag devices --json | jq -r .[].id\n";

static void print_json(const GPtrArray *devices)
{
    g_autoptr(GString) text = g_string_new(NULL);
    NtJsonWriter json = nt_json_writer(text);
    nt_json_begin_array(&json);
    for (guint i = 0; i < devices->len; i++) {
        const NtDevice *device = devices->pdata[i];
        nt_json_begin_object(&json);
        nt_json_key(&json, "id");
        nt_json_string(&json, device->id);
        nt_json_key(&json, "name");
        nt_json_string(&json, device->name);
        nt_json_key(&json, "modes");
        nt_json_string(&json, device->modes);
        nt_json_end_object(&json);
    }
    nt_json_end_array(&json);
    puts(text->str);
}

static void print_none(void)
{
    printf("No camera was found.\n"
           "  - Is it plugged in and switched on, its cover open? Does another program show its picture?\n"
           "  - As a user of the desktop you need PipeWire with WirePlumber running ('systemctl --user status "
           "wireplumber');\n"
           "    without a desktop, leave to read /dev/video* (the group 'video').\n"
           "It works without a camera of this machine too:\n"
           "  nametag live rtsp://camera.example/stream   a network camera\n"
           "  nametag live party.mp4                      a file, played in real time\n"
           "  nametag live test:                          a test pattern\n");
}

static void print_list(const GPtrArray *devices)
{
    for (guint i = 0; i < devices->len; i++) {
        const NtDevice *device = devices->pdata[i];
        printf("%s\n  %s\n", device->name, device->id);
        if (*device->modes)
            printf("  %s\n", device->modes);
    }
}

static int run(gboolean json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) devices = nt_media_init(NULL, NULL, &error) ? nt_devices_list(&error) : NULL;
    if (!devices) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }
    if (json)
        print_json(devices);
    else if (devices->len > 0)
        print_list(devices);
    else
        print_none();
    return NT_EXIT_OK;
}

int nt_cmd_devices(int argc, char **argv)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON: id, name and modes of each", NULL},
        G_OPTION_ENTRY_NULL,
    };
    int exit_code;
    if (!nt_command_parse(entries, "", "Lists the cameras of this machine.", description, &argc, &argv, &exit_code))
        return exit_code;
    if (argc > 1) {
        nt_command_error("'devices' takes no words, and was given '%s'; see 'nametag devices --help'", argv[1]);
        return NT_EXIT_USAGE;
    }
    return run(json);
}
