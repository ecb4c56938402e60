// Images and their clones: an image goes although others are clones of it, or somebody has it open.
// It stays under another name until the last of them has gone.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "platform/rbd/pool.hpp"

namespace platform::rbd {

// The snapshot that is the content of an image of Glance's: clones of it come and go, it stays as
// long as its image.
inline constexpr const char* kContentSnapshot = "snap";

// Thread-safe; one of them per pool and process. Throws as Pool does. A call that died in the
// middle leaves what another one, or dispose(), takes.
class Families {
 public:
  // `pool` outlives it.
  explicit Families(Pool& pool) : pool_(pool) {}

  // `child` becomes a clone of that snapshot. Of one in another pool it is nothing but the user:
  // whoever has that pool finds out when the snapshot is needed no more.
  void clone(const Parent& parent, const std::string& child);
  // The same of a snapshot that is made for it of what the parent is now.
  void clone_now(const Parent& parent, const std::string& child);
  // The image has its bytes itself, and what it was a clone of goes if only it needed that.
  void flatten(const std::string& name);
  // There is no image of that name any more, nor what only it needed: its snapshots, and the image
  // that it was a clone of if that has gone and has no other clone. Nothing there: nothing happens.
  void dispose(const std::string& name);
  // Of these images those that are kept for nobody: who had it open has gone, or a death came
  // between. dispose() takes them.
  [[nodiscard]] std::vector<std::string> list_kept_in_vain(const std::vector<std::string>& names);
  // How many images of this pool it is a clone of, one after the other.
  [[nodiscard]] int generation_of(const std::string& name);

 private:
  void release(const Parent& parent);
  bool remove_snapshots(Image& image);

  Pool& pool_;
  std::mutex mutex_;  // a snapshot is there before its first clone is: nobody takes it meanwhile
};

// What is kept is named NAME.ID.deleted, of the image's name and Ceph's id of it.
[[nodiscard]] bool is_kept(std::string_view name);
// NAME of it.
[[nodiscard]] std::string name_before_disposal(std::string_view name);

}  // namespace platform::rbd
