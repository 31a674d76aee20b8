/* What AddressSanitizer must know to find our leaks and no others; without it this file is empty.
 *
 * GLib leaves its first table of quarks behind, on purpose, when a second one is needed, which GStreamer's many names
 * bring about. The table was allocated while the library was being loaded, which only the slow unwinder can see. */
#ifdef __SANITIZE_ADDRESS__
__attribute__((visibility("default"))) const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0";
}
const char *__lsan_default_suppressions(void)
{
    return "leak:_dl_init\n";
}
#else
typedef int nt_not_empty;
#endif
