#include "media/remote.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Where PipeWire's clients look, in this order (pipewire.conf(5), PIPEWIRE_REMOTE in pipewire(1)). */
#define DEFAULT_REMOTE "pipewire-0"
#define SYSTEM_FOLDER "/run/pipewire"

struct NtRemote {
    gint references;
    int fd;
};

NtRemote *nt_remote_new(int fd)
{
    NtRemote *remote = g_new0(NtRemote, 1);
    remote->references = 1;
    remote->fd = fd;
    return remote;
}

NtRemote *nt_remote_ref(NtRemote *remote)
{
    g_atomic_int_inc(&remote->references);
    return remote;
}

void nt_remote_unref(NtRemote *remote)
{
    if (!remote || !g_atomic_int_dec_and_test(&remote->references))
        return;
    close(remote->fd);
    g_free(remote);
}

static NtRemote *connect_to(const char *folder, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path))
        return NULL;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return NULL;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return nt_remote_new(fd);
    close(fd);
    return NULL;
}

NtRemote *nt_remote_connect(void)
{
    const char *name = g_getenv("PIPEWIRE_REMOTE");
    if (!name || !*name)
        name = DEFAULT_REMOTE;
    if (g_path_is_absolute(name))
        return connect_to("/", name);
    const char *folders[] = {g_getenv("PIPEWIRE_RUNTIME_DIR"), g_getenv("XDG_RUNTIME_DIR"), SYSTEM_FOLDER};
    NtRemote *remote = NULL;
    for (guint i = 0; !remote && i < G_N_ELEMENTS(folders); i++)
        remote = folders[i] ? connect_to(folders[i], name) : NULL;
    return remote;
}

int nt_remote_fd(const NtRemote *remote)
{
    return remote ? remote->fd : -1;
}

/* The descriptor shares its end with the copy that the plugin reads from: it hears of the other end's closing as well.
 */
gboolean nt_remote_is_connected(const NtRemote *remote)
{
    struct pollfd end = {.fd = nt_remote_fd(remote)};
    return remote && poll(&end, 1, 0) >= 0 && !(end.revents & (POLLHUP | POLLERR | POLLNVAL));
}
