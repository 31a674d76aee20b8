/* Addresses: what is shown of them, and what the server is told. */
#include <string.h>

#include "clips.h"
#include "media/location.h"

static void test_mask(void)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"/home/jo/clip@home.mp4", "/home/jo/clip@home.mp4"},
        {"rtsp://host/stream", "rtsp://host/stream"},
        {"rtsp://jo:secret@host:554/stream", "rtsp://host:554/stream"},
        {"rtsp://jo@host/stream", "rtsp://host/stream"},
        {"rtsp://:secret@host", "rtsp://host"},
        {"http://[::1]:80/a@b", "http://[::1]:80/a@b"},
        {"http://host:80/a@b", "http://host:80/a@b"},
        /* What should have been escaped, and was not. */
        {"rtsp://jo:a@b@host/stream", "rtsp://host/stream"},
        {"rtsp://jo:a/b@host/stream", "rtsp://host/stream"},
        {"rtsp://jo:a?b@host/stream", "rtsp://host/stream"},
        {"rtsp://jo:a#b@host/stream", "rtsp://host/stream"},
        {"rtsp://jo:1a/b@host/stream", "rtsp://host/stream"},
        /* Keys among the parameters. */
        {"rtsp://host/user=admin_password=se_cret_channel=1/live?a=b", "rtsp://host/user=admin_password=***/live?a=b"},
        {"rtsp://host/channel=1/password=/x=2", "rtsp://host/channel=1/password=/x=2"},
        {"http://host/v#token=secret", "http://host/v#token=***"},
        {"http://host/v?user=jo&password=secret&size=2", "http://host/v?user=jo&password=***&size=2"},
        {"http://host/v?authToken=a;key=b", "http://host/v?authToken=***;key=***"},
        {"http://host/v?pwd=", "http://host/v?pwd="},
        {"http://host/v?size=2&quality=high", "http://host/v?size=2&quality=high"},
        /* Addresses in sentences. */
        {"Could not connect to 'rtsp://jo:secret@host/s': no route; ask http://a:b@c/d?pwd=e'.",
         "Could not connect to 'rtsp://host/s': no route; ask http://c/d?pwd=***'."},
        {"", ""},
        {"://", "://"},
        {"a://@", "a://"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = nt_location_mask(cases[i].text);
        g_assert_cmpstr(shown, ==, cases[i].shown);
    }
}

static void test_credentials(void)
{
    static const struct {
        const char *uri, *bare, *user, *password;
    } cases[] = {
        {"rtsp://host/s", "rtsp://host/s", NULL, NULL},
        {"file:///a@b", "file:///a@b", NULL, NULL},
        {"rtsp://jo:s%2Fe%40t@host/s?a=b@c", "rtsp://host/s?a=b@c", "jo", "s/e@t"},
        {"rtsp://jo@host/s", "rtsp://host/s", "jo", NULL},
        {"rtsp://jo:@host/s", "rtsp://host/s", "jo", ""},
        {"rtsp://jo:a:b@host/s", "rtsp://host/s", "jo", "a:b"},
        {"rtsp://jo:100%@host/s", "rtsp://host/s", "jo", "100%"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *user = NULL, *password = NULL;
        g_autofree char *bare = nt_location_take_credentials(cases[i].uri, &user, &password);
        g_assert_cmpstr(bare, ==, cases[i].bare);
        g_assert_cmpstr(user, ==, cases[i].user);
        g_assert_cmpstr(password, ==, cases[i].password);
    }
}

static void test_lone_document(void)
{
    static const struct {
        const char *path;
        gboolean is_alone;
    } cases[] = {
        {"doc/5e1f/people.sqlite", TRUE},
        {"doc/5e1f/Family/people.sqlite", FALSE},
        {"doc/5e1f", FALSE},
        {"doc/5e1f/", FALSE},
        {"documents/5e1f/people.sqlite", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat(g_get_user_runtime_dir(), "/", cases[i].path, NULL);
        g_assert_cmpint(nt_location_is_lone_document(path), ==, cases[i].is_alone);
    }
    g_assert_false(nt_location_is_lone_document("/home/anna/doc/5e1f/people.sqlite"));
}

/* An error about an address says which, without its secrets. */
static void test_errors(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(nt_source_open("rtsp://jo:secret@127.0.0.1:1/s", &error));
    g_assert_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN);
    g_assert_nonnull(strstr(error->message, "'rtsp://127.0.0.1:1/s'"));
    g_assert_null(strstr(error->message, "secret"));
}

int main(int argc, char **argv)
{
    clips_init(&argc, &argv);
    g_test_add_func("/media/location/mask", test_mask);
    g_test_add_func("/media/location/credentials", test_credentials);
    g_test_add_func("/media/location/lone-document", test_lone_document);
    g_test_add_func("/media/location/errors", test_errors);
    return clips_run();
}
