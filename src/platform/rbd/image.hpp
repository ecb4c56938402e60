// An open image of Ceph's block device.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace platform::rbd {

class Connection;

enum class Access { read, write };

struct Parent {
  std::string image;
  std::string snapshot;
  std::string pool = {};  // empty: the same one
};

// Closed with the object. Thread-safe. Throws as Pool does.
class Image {
 public:
  // Pool::open() makes it.
  Image(std::shared_ptr<Connection> connection, std::string name, Access access,
        const std::string& snapshot);
  ~Image();
  Image(Image&& other) noexcept;
  Image& operator=(Image&&) = delete;

  // Somebody has it open for writing; this object too, if it has.
  [[nodiscard]] bool has_writers() const;
  // Addresses of the other clients that have it open for writing, or have not given back the lock
  // by which they did: "192.0.2.1:0/1234567", of one client each, as Pool::shut_out() takes them.
  [[nodiscard]] std::vector<std::string> other_writers() const;
  // Names the image for good: it keeps it when it is renamed.
  [[nodiscard]] std::string id() const;
  [[nodiscard]] uint64_t size() const;
  // Up to `size` bytes into `buffer`; 0 at the end.
  [[nodiscard]] size_t read(uint64_t offset, char* buffer, size_t size) const;
  // Within its size. Durable after flush().
  void write(uint64_t offset, std::string_view bytes);
  void flush();
  void resize(uint64_t bytes);

  [[nodiscard]] std::vector<std::string> snapshots() const;
  // What the image is now, for clones to begin with.
  void create_snapshot(const std::string& name);
  // Throws Error(conflict) if there are clones of it.
  void remove_snapshot(const std::string& name);
  // What it is a clone of.
  [[nodiscard]] std::optional<Parent> parent() const;
  // It has all of its bytes itself; it is no clone any more.
  void flatten();

 private:
  void add_watchers(std::set<std::string>& addresses) const;
  void add_lock_holders(std::set<std::string>& addresses) const;

  std::shared_ptr<Connection> connection_;
  std::string name_;
  void* handle_ = nullptr;
};

}  // namespace platform::rbd
