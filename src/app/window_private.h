/* Nametag - what the parts of the window share: window.c (the source and what is shown of it), window_actions.c (actions, keys),
 * window_dialogs.c (what is asked), window_notices.c (what is said). Private to them.
 */
#ifndef NT_WINDOW_PRIVATE_H
#define NT_WINDOW_PRIVATE_H

#include "app/camera_menu.h"
#include "app/enroll_popover.h"
#include "app/explain_view.h"
#include "app/people_panel.h"
#include "app/picture_view.h"
#include "app/settings.h"
#include "app/time_line_view.h"
#include "app/transport.h"
#include "app/unknown_tray.h"
#include "app/window.h"

struct _NtWindow {
    AdwApplicationWindow parent_instance;

    NtApplication *app; /* borrowed: it outlives its windows */
    GSettings *settings;
    NtLibrary *library;

    NtViewing *viewing;
    NtTimeLine *time_line;
    char *location;         /* of what is open, or to be opened once the models are there; may have credentials */
    gboolean is_remembered; /* a file of the user's: its position is kept */
    guint64 track;          /* the face that "How It Works" shows; 0: the largest */
    guint64 dropped;        /* frames, when last looked */
    gboolean is_short;      /* frames were dropped since the look before */
    gboolean is_told_shown; /* the first picture was */
    guint upkeep;           /* the timer of on_upkeep */
    GHashTable *arrived;    /* name (interned) -> monotonic time when it was told */
    char *on_screen;        /* names on the screen, joined: told when it changes */

    NtCameraMenu *cameras;
    GMenu *open_menu;
    GtkWidget *ask; /* the NtEnrollPopover, while it is about */
    GtkWidget *unlock; /* the dialog, while it is about; weak */
    gboolean unlock_refused; /* the user would rather not: asked again only by the notice's button */
    guint hide_controls;    /* the timer, in fullscreen */

    AdwToast *toast; /* the newest, while it is about; weak */
    AdwToastOverlay *toasts;
    GtkOverlay *stage, *watch;
    GtkWidget *header, *controls;
    GtkBox *header_place, *controls_place, *arrivals;
    GtkRevealer *notice, *top_revealer, *bottom_revealer;
    GtkLabel *notice_label;
    GtkButton *notice_button;
    GtkMenuButton *open_button;
    GtkToggleButton *pane_button;
    AdwWindowTitle *title;
    AdwFlap *flap;
    GtkStack *pages;
    AdwStatusPage *failed_page;
    GtkWidget *empty_demo, *spinner;
    NtPictureView *picture;
    NtTransport *transport;
    NtTimeLineView *time_line_view;
    AdwViewStack *panes;
    AdwViewStackPage *unknown_page;
    NtPeoplePanel *people;
    NtUnknownTray *unknown;
    NtExplainView *explain;
};

/* window.c */
void nt_window_close_source(NtWindow *window);
void nt_window_ask_face(NtWindow *window, guint64 track, const GdkRectangle *place);
char *nt_window_demo_path(void); /* NULL: there is none here */

/* window_actions.c */
void nt_window_add_actions(NtWindow *window);
void nt_window_update_actions(NtWindow *window); /* which can be used now */

/* window_dialogs.c */
void nt_window_choose_file(NtWindow *window);
void nt_window_ask_address(NtWindow *window);
void nt_window_ask_pass_phrase(NtWindow *window);

/* window_notices.c */
void nt_window_update_notice(NtWindow *window); /* the one thing to be said above the picture */
void nt_window_add_arrival(NtWindow *window, const NtPresenceEvent *event);
void nt_window_tell(NtWindow *window, const char *words, gboolean undoable); /* a toast */

#endif
