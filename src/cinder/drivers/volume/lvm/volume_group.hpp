// A volume group of LVM's and its thin pool, by LVM's own programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cinder::drivers {

struct LogicalVolume {
  std::string name;
  int64_t bytes = 0;
  std::vector<std::string> tags;
  std::string origin = {};  // what it is a snapshot of; empty: none
  bool is_open = false;     // by anybody
  [[nodiscard]] bool has_tag(const std::string& tag) const;
};

struct PoolUse {
  int64_t bytes = 0;
  double percent = 0;  // of them that are written
};

// Thread-safe: LVM locks the group. What its programs refuse is Error(internal) with their words.
// They need root, or CAP_SYS_ADMIN and /dev/mapper/control.
class VolumeGroup {
 public:
  // Makes the thin pool NAME-pool of 95 % of what is free if it is not there, as Cinder does.
  // Throws Error(unavailable) without the group.
  explicit VolumeGroup(std::string name);

  [[nodiscard]] PoolUse pool_use() const;
  // All but the pool.
  [[nodiscard]] std::vector<LogicalVolume> list() const;
  [[nodiscard]] std::optional<LogicalVolume> find(const std::string& volume) const;
  // Of its device; it is there while the volume is active.
  [[nodiscard]] std::string device(const std::string& volume) const;
  void activate(const std::string& volume) const;

  // Zeros, of which the pool keeps what is written.
  void create(const std::string& volume, int64_t bytes, const std::string& tag) const;
  // Shares what both have in common; each is whole without the other.
  void snapshot(const std::string& source, const std::string& volume, const std::string& tag) const;
  void extend(const std::string& volume, int64_t bytes) const;
  void rename(const std::string& from, const std::string& to) const;
  // One tag in another's place; empty: none.
  void change_tag(const std::string& volume, const std::string& from, const std::string& to) const;
  void remove(const std::string& volume) const;

 private:
  [[nodiscard]] std::string full(const std::string& volume) const { return name_ + "/" + volume; }
  [[nodiscard]] std::vector<LogicalVolume> select(const std::string& criteria) const;

  std::string name_;
  std::string pool_;
};

}  // namespace cinder::drivers
