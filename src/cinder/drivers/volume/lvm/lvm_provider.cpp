#include "cinder/drivers/volume/lvm/lvm_provider.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "cinder/drivers/volume/file/file_error.hpp"
#include "cinder/drivers/volume/file/sparse_file.hpp"
#include "cinder/drivers/volume/lvm/volume_group.hpp"
#include "platform/log.hpp"

namespace cinder::drivers {
namespace {

constexpr int64_t kBytesPerGib = int64_t{1} << 30;
const std::string kWholeTag = "nephele";
const std::string kPieceTag = "nephele-part";
// Behind the name of what is made to take a volume's place.
constexpr std::string_view kNew = ".new";
// Of a pool in percent: nothing more can be written then.
constexpr double kFull = 99.9;

std::string volume_name_of(const Item& item) {
  return (item.kind == Kind::volume ? "volume-" : "_snapshot-") + item.id;
}

std::optional<Item> item_named(std::string_view name) {
  if (name.ends_with(kNew)) name.remove_suffix(kNew.size());
  for (const auto& [kind, prefix] :
       {std::pair{Kind::volume, std::string_view("volume-")}, {Kind::snapshot, "_snapshot-"}}) {
    if (!name.starts_with(prefix)) continue;
    const std::string_view id = name.substr(prefix.size());
    if (base::is_uuid(id)) return Item{kind, std::string(id)};
  }
  return std::nullopt;
}

[[noreturn]] void fail_without(const std::string& name) {
  throw base::Error(base::ErrorKind::not_found, "The volume is not in the storage pool.", name);
}

// Runs it; a pool that is full is an error of the device to who writes there, and one of many
// errors of LVM to who makes something.
template <class F>
void tell_if_full(const VolumeGroup& group, F work) {
  try {
    work();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::internal || group.pool_use().percent < kFull) throw;
    throw base::Error(base::ErrorKind::too_large, "There is no room left in the storage pool.",
                      error.detail());
  }
}

// What is being made: not there before commit(), gone if that is not called.
class NewVolume {
 public:
  NewVolume(const VolumeGroup& group, std::string name) : group_(group), name_(std::move(name)) {
    if (group_.find(name_)) group_.remove(name_);
  }
  ~NewVolume() {
    if (committed_) return;
    try {
      if (group_.find(name_)) group_.remove(name_);
    } catch (const base::Error& error) {
      platform::log_warning("a piece of a volume stays until it is made again volume={} error={}",
                            name_, error.what());
    }
  }
  NewVolume(const NewVolume&) = delete;
  NewVolume& operator=(const NewVolume&) = delete;
  [[nodiscard]] const std::string& name() const { return name_; }
  void commit() {
    group_.change_tag(name_, kPieceTag, kWholeTag);
    committed_ = true;
  }

 private:
  const VolumeGroup& group_;
  const std::string name_;
  bool committed_ = false;
};

// What is made beside a volume and takes its place by commit(): until then that stays as it is.
class Replacement {
 public:
  Replacement(const VolumeGroup& group, std::string name)
      : group_(group), made_(group, name + std::string(kNew)), name_(std::move(name)) {}
  [[nodiscard]] const std::string& name() const { return made_.name(); }
  // A death between removing and renaming leaves neither: whoever goes on makes it again.
  void commit() {
    const auto old = group_.find(name_);
    if (old && !old->has_tag(kWholeTag) && !old->has_tag(kPieceTag))
      throw base::Error(base::ErrorKind::conflict,
                        "A logical volume of somebody else has the volume's name.", name_);
    made_.commit();
    if (old) group_.remove(name_);
    group_.rename(made_.name(), name_);
  }

 private:
  const VolumeGroup& group_;
  NewVolume made_;
  const std::string name_;
};

class LvmWriter final : public Writer {
 public:
  LvmWriter(const VolumeGroup& group, const std::string& name, int64_t bytes)
      : group_(group), made_(group, name) {
    tell_if_full(group_, [&] { group_.create(made_.name(), bytes, kPieceTag); });
    file_.emplace(group_.device(made_.name()), bytes);
  }
  void write(std::string_view bytes) override {
    tell_if_full(group_, [&] { file_->write(bytes); });
  }
  void commit() override {
    tell_if_full(group_, [&] { file_->sync(); });
    file_.reset();
    made_.commit();
  }

 private:
  const VolumeGroup& group_;
  Replacement made_;
  std::optional<SparseFile> file_;  // closed before the volume goes
};

class LvmProvider final : public Provider {
 public:
  explicit LvmProvider(const std::string& group) : group_(group) {}

  Stats stats() const override {
    const PoolUse use = group_.pool_use();
    const auto written = static_cast<int64_t>(static_cast<double>(use.bytes) * use.percent / 100);
    return {use.bytes / kBytesPerGib, (use.bytes - written) / kBytesPerGib, true,
            common_capabilities("iSCSI")};
  }

  void create(const std::string& volume_id, int64_t size_gib) override {
    const Item item{Kind::volume, volume_id};
    if (find(item)) return;
    NewVolume made(group_, volume_name_of(item));
    tell_if_full(group_, [&] { group_.create(made.name(), size_gib * kBytesPerGib, kPieceTag); });
    made.commit();
  }

  void copy(const Item& source, const std::string& volume_id, int64_t size_gib) override {
    copy_to(source, {Kind::volume, volume_id}, size_gib);
  }

  void create_snapshot(const std::string& snapshot_id, const std::string& volume_id) override {
    copy_to({Kind::volume, volume_id}, {Kind::snapshot, snapshot_id}, 0);
  }

  std::unique_ptr<Writer> write(const std::string& volume_id, int64_t size_gib) override {
    return std::make_unique<LvmWriter>(group_, volume_name_of({Kind::volume, volume_id}),
                                       size_gib * kBytesPerGib);
  }

  std::shared_ptr<platform::http::BodySource> read(const std::string& volume_id) const override {
    const LogicalVolume volume = get({Kind::volume, volume_id});
    group_.activate(volume.name);
    OpenFile file(group_.device(volume.name), O_RDONLY);
    auto source = std::make_shared<platform::http::BodySource>();
    source->length = static_cast<uint64_t>(volume.bytes);
    source->file = file.release();
    return source;
  }

  std::string path(const std::string& volume_id) const override {
    const LogicalVolume volume = get({Kind::volume, volume_id});
    group_.activate(volume.name);
    return group_.device(volume.name);
  }

  void extend(const std::string& volume_id, int64_t size_gib) override {
    grow(get({Kind::volume, volume_id}), size_gib);
  }

  void revert(const std::string& volume_id, const std::string& snapshot_id,
              int64_t size_gib) override {
    const LogicalVolume from = get({Kind::snapshot, snapshot_id});
    Replacement made(group_, volume_name_of({Kind::volume, volume_id}));
    make_of(from, made, size_gib);
  }

  void remove(const Item& item) override {
    const std::string name = volume_name_of(item);
    for (const std::string& each : {name, name + std::string(kNew)}) {
      const auto volume = group_.find(each);
      if (volume && is_ours(*volume)) group_.remove(volume->name);
    }
  }

  int64_t manage(const std::string& name, const Item& item) override {
    if (!find(item)) take_over(name, item);
    const LogicalVolume volume = get(item);
    const int64_t size_gib = gib_of(volume);
    grow(volume, size_gib);
    return size_gib;
  }

  void unmanage(const Item& item) override {
    if (const auto volume = find(item)) group_.change_tag(volume->name, kWholeTag, "");
  }

  std::string name_of(const Item& item) const override { return volume_name_of(item); }

  std::vector<Unmanaged> list_unmanaged(Kind kind) const override {
    const char* const in_use = kind == Kind::volume ? "volume in use" : "snapshot in use";
    std::vector<Unmanaged> found;
    for (const LogicalVolume& volume : group_.list()) {
      const auto was = item_named(volume.name);
      if (is_ours(volume) || (was ? was->kind : Kind::volume) != kind) continue;
      found.push_back({volume.name, gib_of(volume), volume.is_open ? in_use : "",
                       kind == Kind::snapshot ? volume.origin : ""});
    }
    return found;
  }

  std::vector<Item> list() const override {
    std::vector<Item> items;
    for (const LogicalVolume& volume : group_.list())
      if (auto item = item_named(volume.name); item && is_ours(volume))
        items.push_back(*std::move(item));
    return items;
  }

 private:
  static bool is_ours(const LogicalVolume& volume) {
    return volume.has_tag(kWholeTag) || volume.has_tag(kPieceTag);
  }

  static int64_t gib_of(const LogicalVolume& volume) {
    return (volume.bytes + kBytesPerGib - 1) / kBytesPerGib;
  }

  // Whole ones only.
  [[nodiscard]] std::optional<LogicalVolume> find(const Item& item) const {
    auto volume = group_.find(volume_name_of(item));
    if (!volume || !volume->has_tag(kWholeTag)) return std::nullopt;
    return volume;
  }
  [[nodiscard]] LogicalVolume get(const Item& item) const {
    auto volume = find(item);
    if (!volume) fail_without(volume_name_of(item));
    return *std::move(volume);
  }

  void grow(const LogicalVolume& volume, int64_t size_gib) const {
    if (volume.bytes < size_gib * kBytesPerGib)
      tell_if_full(group_, [&] { group_.extend(volume.name, size_gib * kBytesPerGib); });
  }

  // A NewVolume or a Replacement of one's content, at least that large, followed by zeros.
  template <class Made>
  void make_of(const LogicalVolume& from, Made& made, int64_t size_gib) const {
    tell_if_full(group_, [&] { group_.snapshot(from.name, made.name(), kPieceTag); });
    grow({made.name(), from.bytes, {}}, size_gib);
    made.commit();
  }

  void copy_to(const Item& source, const Item& target, int64_t size_gib) {
    if (find(target)) return;
    const LogicalVolume from = get(source);
    NewVolume made(group_, volume_name_of(target));
    make_of(from, made, size_gib);
  }

  void take_over(const std::string& name, const Item& item) {
    const auto is_letter = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
             std::string_view("+_.-").find(c) != std::string_view::npos;
    };
    if (name.empty() || name.front() == '-' || !std::ranges::all_of(name, is_letter))
      throw base::Error(base::ErrorKind::bad_request,
                        "There can be no logical volume of that name.", name);
    const auto volume = group_.find(name);
    if (!volume || is_ours(*volume))
      throw base::Error(base::ErrorKind::not_found,
                        "There is no such logical volume in the back end's thin pool.", name);
    group_.change_tag(name, "", kWholeTag);
    if (name != volume_name_of(item)) group_.rename(name, volume_name_of(item));
  }

  const VolumeGroup group_;
};

}  // namespace

std::unique_ptr<Provider> make_lvm_provider(const std::string& volume_group) {
  return std::make_unique<LvmProvider>(volume_group);
}

}  // namespace cinder::drivers
