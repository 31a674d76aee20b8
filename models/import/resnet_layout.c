#include "import/resnet_layout.h"

void nt_resnet_layout(NtResnetConv layout[NT_RESNET_CONVOLUTIONS])
{
    static const struct {
        const char *name;
        int channels, stride;
    } blocks[] = {
        {"conv32_1", 32, 1},   {"conv32_2", 32, 1},   {"conv32_3", 32, 1},      {"conv64_down", 64, 2},
        {"conv64_1", 64, 1},   {"conv64_2", 64, 1},   {"conv64_3", 64, 1},      {"conv128_down", 128, 2},
        {"conv128_1", 128, 1}, {"conv128_2", 128, 1}, {"conv256_down", 256, 2}, {"conv256_1", 256, 1},
        {"conv256_2", 256, 1}, {"conv256_down_out", 256, 2},
    };
    int channels = 32;
    layout[0] = (NtResnetConv){"conv32_down", 7, 3, channels, 2};
    for (guint i = 0; i < G_N_ELEMENTS(blocks); i++) {
        NtResnetConv *first = &layout[1 + 2 * i], *second = first + 1;
        *first = (NtResnetConv){.kernel = 3, .in = channels, .out = blocks[i].channels, .stride = blocks[i].stride};
        *second = (NtResnetConv){.kernel = 3, .in = blocks[i].channels, .out = blocks[i].channels, .stride = 1};
        g_snprintf(first->name, sizeof first->name, "%s/conv1", blocks[i].name);
        g_snprintf(second->name, sizeof second->name, "%s/conv2", blocks[i].name);
        channels = blocks[i].channels;
    }
}
