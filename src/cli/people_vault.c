/* nametag people encrypt, decrypt: the values of a gallery sealed at rest, or opened again. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/keys.h"
#include "cli/people.h"
#include "engine/clip_cache.h"

/* Once, before anything is asked: what encryption does not do. */
static void warn(const NtPeopleJob *job)
{
    if (job->options->keyring)
        fprintf(stderr, "The key will be in your keyring: without that keyring nobody can open the gallery, nor can it be "
                        "recovered.\n");
    else
        fprintf(stderr, "A lost pass phrase cannot be recovered, and with it the gallery is lost.\n");
    fprintf(stderr, "Copies, exports and backups made before stay as they are: delete them where they matter.\n");
    g_autofree char *backup = g_strconcat(job->gallery_path, NT_GALLERY_BACKUP_ENDING, NULL);
    if (g_file_test(backup, G_FILE_TEST_EXISTS))
        fprintf(stderr, "Only the upgrade's backup %s is deleted now.\n", backup);
}

int nt_people_encrypt(const NtPeopleJob *job, char **words, int n, GError **error)
{
    (void)words, (void)n;
    const gboolean keyring = job->options->keyring;
    g_autofree char *decrypt = nt_people_command(job, "decrypt");
    if (nt_gallery_is_encrypted(job->gallery)) {
        nt_command_error("the gallery %s is encrypted already; '%s' first, to choose another key", job->gallery_path, decrypt);
        return NT_EXIT_FAILED;
    }
    warn(job);
    if (!nt_gallery_encrypt(job->gallery, keyring ? NT_VAULT_LOCK_SERVICE : NT_VAULT_LOCK_PASSPHRASE, nt_command_new_keys(),
                            error))
        return NT_EXIT_FAILED;
    nt_clip_cache_clear();
    printf("The gallery %s is encrypted: %s.\n", job->gallery_path,
           keyring ? "its key is in your keyring" : "its pass phrase is asked for whenever it is opened");
    return NT_EXIT_OK;
}

int nt_people_decrypt(const NtPeopleJob *job, char **words, int n, GError **error)
{
    (void)words, (void)n;
    if (!nt_gallery_is_encrypted(job->gallery)) {
        nt_command_error("the gallery %s is not encrypted; there is nothing to do", job->gallery_path);
        return NT_EXIT_FAILED;
    }
    if (nt_gallery_uses_service(job->gallery))
        fprintf(stderr, "Its key will be removed from your keyring: encrypted copies made before cannot be opened then. Decrypt "
                        "a copy that matters first.\n");
    g_autofree char *question = g_strdup_printf("Decrypt %s? Whoever can read the file will see its names and faces.",
                                                job->gallery_path);
    if (!nt_people_confirm(job, question))
        return NT_EXIT_USAGE;
    if (!nt_gallery_decrypt(job->gallery, error))
        return NT_EXIT_FAILED;
    printf("The gallery %s is no longer encrypted.\n", job->gallery_path);
    return NT_EXIT_OK;
}
