// What keeps volumes and snapshots: files, LVM, NFS, RBD. A provider owns the storage;
// cinder-volume owns the life cycle.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "platform/http/message.hpp"

namespace cinder::drivers {

// What a provider has to give.
struct Stats {
  int64_t total_gib = 0;
  int64_t free_gib = 0;
  bool thin = false;                                // what is not written takes no room
  std::map<std::string, std::string> capabilities;  // what volume types may ask for
};

// What all providers say alike; each puts in what is otherwise with it.
[[nodiscard]] std::map<std::string, std::string> common_capabilities(
    const std::string& storage_protocol);

enum class Kind { volume, snapshot };
struct Item {
  Kind kind = Kind::volume;
  std::string id;  // UUID
  friend auto operator<=>(const Item&, const Item&) = default;
};

// A path() that was asked for and not closed.
struct HeldPath {
  std::string volume_id;
  bool is_lost = false;  // it leads nowhere any more
};

// What lies in the storage, is no item, and could become one.
struct Unmanaged {
  std::string name;             // manage() takes it by that
  int64_t size_gib = 0;         // rounded up
  std::string reason_not_safe;  // why manage() does not take it, or should not; empty: nothing
  std::string source_name;      // of a snapshot, what it was made of; empty: nobody knows
};

// Takes the content of a volume as it comes; what was there, or nothing, stays as it is until
// commit() has returned, and for good if that is not called.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual void write(std::string_view bytes) = 0;
  virtual void commit() = 0;
};

// Thread-safe for different items. All of it may be done twice and is then as done once; a death at
// any point leaves nothing that counts as there and is not whole. What has not been written reads
// as zeros, whoever had the storage before. Throws base::Error(too_large) if the storage is full,
// with nothing left behind.
class Provider {
 public:
  virtual ~Provider() = default;
  [[nodiscard]] virtual Stats stats() const = 0;

  // Zeros.
  virtual void create(const std::string& volume_id, int64_t size_gib) = 0;
  // The source's content, as it is now, followed by zeros. Throws Error(not_found) without the
  // source. `size_gib` is not less than the source's.
  virtual void copy(const Item& source, const std::string& volume_id, int64_t size_gib) = 0;
  // What the writer is given, followed by zeros, also in the place of a volume that is there.
  // Throws Error(bad_request) if that is too long.
  [[nodiscard]] virtual std::unique_ptr<Writer> write(const std::string& volume_id,
                                                      int64_t size_gib) = 0;
  // Volumes can begin as images of Glance's in the same storage, without a copy of their bytes.
  [[nodiscard]] virtual bool clones_images() const { return false; }
  // The volume's content is that of the raw image at `location`, one of Glance's URLs, followed by
  // zeros. False: it is elsewhere, and the volume is not there.
  virtual bool clone_image(const std::string& /*location*/, const std::string& /*volume_id*/,
                           int64_t /*size_gib*/) {
    return false;
  }
  // All of it. Throws Error(not_found).
  [[nodiscard]] virtual std::shared_ptr<platform::http::BodySource> read(
      const std::string& volume_id) const = 0;
  // Of the file or block device whose bytes are the volume's, for a target on this host; the same
  // one each time, and another one once that has been lost. Throws Error(not_found).
  [[nodiscard]] virtual std::string path(const std::string& volume_id) const = 0;
  // Nobody has the path open any more, nor opens it before it is asked for again. To be called
  // before the volume is extended, removed, copied, made a snapshot of, or gets another content.
  virtual void close_path(const std::string& /*volume_id*/) {}
  // Those that take something to keep, also of a process that died.
  [[nodiscard]] virtual std::vector<HeldPath> held_paths() const { return {}; }
  // Hosts get at volumes by themselves, over a network of the storage's own: by connection()
  // instead of path() and a target, also while a volume is extended, copied or made a snapshot of.
  [[nodiscard]] virtual bool is_reached_directly() const { return false; }
  // How: what is in Cinder's connection_info of this kind of storage alone, "driver_volume_type"
  // for one.
  [[nodiscard]] virtual base::JsonObject connection(const std::string& volume_id) const {
    throw base::Error(base::ErrorKind::not_implemented, "Volumes are reached over a target.",
                      volume_id);
  }
  // Who still has the volume open for writing on the host of that address, or on any host if it is
  // empty, can write no more once this has returned. Of what is reached directly: else a target
  // sees to it.
  virtual void shut_out(const std::string& /*volume_id*/, const std::string& /*host_address*/) {}
  // Zeros follow. Throws Error(not_found).
  virtual void extend(const std::string& volume_id, int64_t size_gib) = 0;
  // The volume's content as it is now. One that is there already stays as it is. Throws
  // Error(not_found) without the volume.
  virtual void create_snapshot(const std::string& snapshot_id, const std::string& volume_id) = 0;
  // The volume's content becomes the snapshot's, which stays, followed by zeros; until it has, it
  // is what it was. A death may also leave the snapshot alone: the next call then makes the volume
  // of it. Throws Error(not_found) without the snapshot.
  virtual void revert(const std::string& volume_id, const std::string& snapshot_id,
                      int64_t size_gib) = 0;
  // Whole or in pieces; nothing if it is not there.
  virtual void remove(const Item& item) = 0;

  // Makes what somebody else has put there under that name the item, rounded up to whole GiB; gives
  // its size. Throws Error(not_found) if there is no such thing, Error(bad_request) for a name that
  // can not be one.
  virtual int64_t manage(const std::string& name, const Item& item) = 0;
  // The item is no longer one, and lies there for manage().
  virtual void unmanage(const Item& item) = 0;
  // By which manage() takes the item when it has been let go.
  [[nodiscard]] virtual std::string name_of(const Item& item) const = 0;
  // What lies there for manage(): as snapshots what was one before it was let go, as volumes all
  // else.
  [[nodiscard]] virtual std::vector<Unmanaged> list_unmanaged(Kind kind) const = 0;

  // All that takes room here, also what is in pieces.
  [[nodiscard]] virtual std::vector<Item> list() const = 0;
};

}  // namespace cinder::drivers
