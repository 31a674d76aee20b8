#include "base/xdg.h"

#include <stdlib.h>

void nt_xdg_ignore_relative(void)
{
    static const char *const names[] = {"XDG_DATA_HOME",  "XDG_CONFIG_HOME", "XDG_STATE_HOME",
                                        "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0] != '/')
            unsetenv(names[i]);
    }
}
