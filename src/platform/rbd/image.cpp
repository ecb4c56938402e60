#include "platform/rbd/image.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/scope_exit.hpp"
#include "platform/rbd/connection.hpp"

namespace platform::rbd {
namespace {

size_t at_once(size_t size) {
  return std::min<size_t>(size, std::numeric_limits<int32_t>::max() / 2);
}

}  // namespace

Image::Image(std::shared_ptr<Connection> connection, std::string name, Access access,
             const std::string& snapshot)
    : connection_(std::move(connection)), name_(std::move(name)) {
  const auto open = access == Access::read ? library().rbd_open_read_only : library().rbd_open;
  connection_->check(open(connection_->pool(), name_.c_str(), &handle_,
                          snapshot.empty() ? nullptr : snapshot.c_str()),
                     "open", name_);
}

Image::~Image() {
  if (handle_) library().rbd_close(handle_);
}

Image::Image(Image&& other) noexcept
    : connection_(std::move(other.connection_)),
      name_(std::move(other.name_)),
      handle_(std::exchange(other.handle_, nullptr)) {}

std::string Image::id() const {
  std::array<char, 256> id{};
  connection_->check(library().rbd_get_id(handle_, id.data(), id.size()), "name", name_);
  return id.data();
}

bool Image::has_writers() const {
  size_t room = 16;
  std::vector<rbd_image_watcher_t> found(room);
  const int result = library().rbd_watchers_list(handle_, found.data(), &room);
  if (result == -ERANGE) return true;
  connection_->check(result, "list the clients of", name_);
  library().rbd_watchers_list_cleanup(found.data(), room);
  return room > 0;
}

void Image::add_watchers(std::set<std::string>& addresses) const {
  size_t room = 16;
  std::vector<rbd_image_watcher_t> found;
  int result = 0;
  do {  // -ERANGE: there are more
    found.resize(room);
    result = library().rbd_watchers_list(handle_, found.data(), &room);
    if (result == -ERANGE) room = found.size() * 2;
  } while (result == -ERANGE);
  connection_->check(result, "list the clients of", name_);
  const uint64_t own = library().rados_get_instance_id(connection_->cluster());
  for (size_t i = 0; i < room; ++i)
    if (static_cast<uint64_t>(found[i].id) != own) addresses.insert(found[i].addr);
  library().rbd_watchers_list_cleanup(found.data(), room);
}

// Of a lock its client is known as "client.4123".
void Image::add_lock_holders(std::set<std::string>& addresses) const {
  constexpr size_t kFirstRoom = 4096;
  int exclusive = 0;
  std::array<size_t, 4> sizes{kFirstRoom, kFirstRoom, kFirstRoom, kFirstRoom};
  std::array<std::string, 4>
      texts;  // the lock's tag; clients, cookies and addresses, NUL after each
  ssize_t count = 0;
  do {  // -ERANGE: the sizes say how much room it takes
    for (size_t i = 0; i < texts.size(); ++i) texts[i].assign(sizes[i], '\0');
    count = library().rbd_list_lockers(handle_, &exclusive, texts[0].data(), &sizes[0],
                                       texts[1].data(), &sizes[1], texts[2].data(), &sizes[2],
                                       texts[3].data(), &sizes[3]);
  } while (count == -ERANGE);
  connection_->check(static_cast<int>(std::min<ssize_t>(count, 0)), "list the locks of", name_);
  const std::string own =
      "client." + std::to_string(library().rados_get_instance_id(connection_->cluster()));
  const char* client = texts[1].data();
  const char* address = texts[3].data();
  for (ssize_t i = 0; i < count; ++i) {
    if (client != own) addresses.insert(address);
    client += std::strlen(client) + 1;
    address += std::strlen(address) + 1;
  }
}

// Who was not heard of for half a minute is no watcher any more, and still holds the lock.
std::vector<std::string> Image::other_writers() const {
  std::set<std::string> addresses;
  add_watchers(addresses);
  add_lock_holders(addresses);
  return {addresses.begin(), addresses.end()};
}

uint64_t Image::size() const {
  uint64_t size = 0;
  connection_->check(library().rbd_get_size(handle_, &size), "look at", name_);
  return size;
}

size_t Image::read(uint64_t offset, char* buffer, size_t size) const {
  const uint64_t end = this->size();
  if (offset >= end) return 0;  // which librbd takes for an error
  size = static_cast<size_t>(std::min<uint64_t>(size, end - offset));
  // Nobody reads it twice here: it need not stay in librbd's cache.
  const ssize_t count = library().rbd_read2(handle_, offset, at_once(size), buffer,
                                            LIBRADOS_OP_FLAG_FADVISE_DONTNEED);
  connection_->check(static_cast<int>(std::min<ssize_t>(count, 0)), "read", name_);
  return static_cast<size_t>(count);
}

void Image::write(uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = library().rbd_write2(handle_, offset, at_once(bytes.size()), bytes.data(),
                                               LIBRADOS_OP_FLAG_FADVISE_DONTNEED);
    connection_->check(static_cast<int>(std::min<ssize_t>(count, 0)), "write", name_);
    bytes.remove_prefix(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
}

void Image::flush() { connection_->check(library().rbd_flush(handle_), "flush", name_); }

void Image::resize(uint64_t bytes) {
  connection_->check(library().rbd_resize(handle_, bytes), "resize", name_);
}

std::vector<std::string> Image::snapshots() const {
  int room = 16;
  std::vector<rbd_snap_info_t> found;
  int count = 0;
  do {  // -ERANGE: `room` says how many there are
    found.resize(static_cast<size_t>(room));
    count = library().rbd_snap_list(handle_, found.data(), &room);
  } while (count == -ERANGE);
  connection_->check(count, "list the snapshots of", name_);
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.emplace_back(found[static_cast<size_t>(i)].name);
  if (count > 0) library().rbd_snap_list_end(found.data());
  return names;
}

void Image::create_snapshot(const std::string& name) {
  connection_->check(library().rbd_snap_create(handle_, name.c_str()), "snapshot", name_);
  // -EBUSY: it is protected.
  const int result = library().rbd_snap_protect(handle_, name.c_str());
  if (result != -EBUSY) connection_->check(result, "protect a snapshot of", name_);
}

void Image::remove_snapshot(const std::string& name) {
  // -EINVAL: it is not protected.
  const int result = library().rbd_snap_unprotect(handle_, name.c_str());
  if (result != -EINVAL) connection_->check(result, "unprotect a snapshot of", name_);
  connection_->check(library().rbd_snap_remove(handle_, name.c_str()), "remove a snapshot of",
                     name_);
}

std::optional<Parent> Image::parent() const {
  rbd_linked_image_spec_t image{};
  rbd_snap_spec_t snapshot{};
  const int result = library().rbd_get_parent(handle_, &image, &snapshot);
  if (result == -ENOENT) return std::nullopt;
  connection_->check(result, "find the parent of", name_);
  const base::ScopeExit free_both([&] {
    library().rbd_linked_image_spec_cleanup(&image);
    library().rbd_snap_spec_cleanup(&snapshot);
  });
  const bool is_here = connection_->pool_name() == image.pool_name;
  return Parent{image.image_name, snapshot.name, is_here ? "" : image.pool_name};
}

void Image::flatten() { connection_->check(library().rbd_flatten(handle_), "flatten", name_); }

}  // namespace platform::rbd
