// librados and librbd, loaded when a cluster is first asked for: who keeps nothing in Ceph needs
// neither. Only for the sources of this folder.
#pragma once

#include <rados/librados.h>
#include <rbd/librbd.h>

// Their functions that are used.
// clang-format off
#define NEPHELE_RADOS_FUNCTIONS(apply)                                                       \
  apply(rados_create2) apply(rados_conf_read_file) apply(rados_conf_set)                     \
  apply(rados_connect) apply(rados_shutdown)                                                 \
  apply(rados_ioctx_create) apply(rados_ioctx_destroy) apply(rados_set_pool_full_try)        \
  apply(rados_cluster_fsid) apply(rados_mon_command) apply(rados_buffer_free)                \
  apply(rados_get_instance_id) apply(rados_blocklist_add)
#define NEPHELE_RBD_FUNCTIONS(apply)                                                         \
  apply(rbd_image_options_create) apply(rbd_image_options_destroy)                           \
  apply(rbd_image_options_set_uint64)                                                        \
  apply(rbd_create4) apply(rbd_clone3) apply(rbd_rename) apply(rbd_remove)                   \
  apply(rbd_list2) apply(rbd_image_spec_list_cleanup)                                        \
  apply(rbd_open) apply(rbd_open_read_only) apply(rbd_close)                                 \
  apply(rbd_get_id) apply(rbd_get_size) apply(rbd_resize)                                    \
  apply(rbd_read2) apply(rbd_write2) apply(rbd_flush) apply(rbd_flatten)                     \
  apply(rbd_snap_list) apply(rbd_snap_list_end) apply(rbd_snap_create) apply(rbd_snap_remove) \
  apply(rbd_snap_protect) apply(rbd_snap_unprotect)                                          \
  apply(rbd_get_parent) apply(rbd_linked_image_spec_cleanup) apply(rbd_snap_spec_cleanup)    \
  apply(rbd_watchers_list) apply(rbd_watchers_list_cleanup) apply(rbd_list_lockers)
// clang-format on

namespace platform::rbd {

struct Library {
// NOLINTNEXTLINE(bugprone-macro-parentheses): it names a member
#define NEPHELE_MEMBER(name) decltype(&::name) name = nullptr;
  NEPHELE_RADOS_FUNCTIONS(NEPHELE_MEMBER)
  NEPHELE_RBD_FUNCTIONS(NEPHELE_MEMBER)
#undef NEPHELE_MEMBER
};

// Stays loaded. Throws base::Error(unavailable) that says what to install.
[[nodiscard]] const Library& library();

}  // namespace platform::rbd
