#include "cinder/drivers/volume/rbd/rbd_provider.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "cinder/drivers/volume/rbd/rbd_content.hpp"
#include "platform/log.hpp"
#include "platform/rbd/families.hpp"

namespace cinder::drivers {
namespace {

using base::Error;
using base::ErrorKind;
using platform::rbd::Access;
using platform::rbd::Families;
using platform::rbd::Image;
using platform::rbd::is_kept;
using platform::rbd::Parent;
using platform::rbd::Pool;

constexpr int64_t kBytesOfGib = int64_t{1} << 30;
constexpr std::string_view kPart = ".part";
constexpr std::string_view kUnmanaged = ".unmanaged";

struct NameOfKind {
  Kind kind;
  std::string_view prefix;
};
constexpr std::array kNames{NameOfKind{Kind::volume, "volume-"},
                            NameOfKind{Kind::snapshot, "snapshot-"}};

std::string image_name_of(const Item& item) {
  const auto found = std::find_if(kNames.begin(), kNames.end(),
                                  [&](const NameOfKind& name) { return name.kind == item.kind; });
  return std::string(found->prefix) + item.id;
}

std::string part_of(const std::string& name) { return name + std::string(kPart); }

// The item that an image is, or a piece of, or is kept of; none: it is not ours.
std::optional<Item> item_of_image(std::string_view name) {
  std::string kept;
  if (is_kept(name)) name = kept = platform::rbd::name_before_disposal(name);
  if (name.ends_with(kPart)) name.remove_suffix(kPart.size());
  for (const NameOfKind& each : kNames) {
    if (!name.starts_with(each.prefix)) continue;
    const std::string_view id = name.substr(each.prefix.size());
    if (base::is_uuid(id)) return Item{each.kind, std::string(id)};
  }
  return std::nullopt;
}

// The content of an image in this cluster, of "rbd://FSID/POOL/NAME/SNAPSHOT".
std::optional<Parent> parse_location(std::string_view location, std::string_view fsid) {
  constexpr std::string_view kScheme = "rbd://";
  if (!location.starts_with(kScheme)) return std::nullopt;
  const auto parts = base::split(location.substr(kScheme.size()), '/');
  if (parts.size() != 4 || parts[0] != fsid) return std::nullopt;
  Parent parent{base::percent_decode(parts[2]), base::percent_decode(parts[3]),
                base::percent_decode(parts[1])};
  if (parent.snapshot != platform::rbd::kContentSnapshot) return std::nullopt;
  return parent;
}

constexpr std::string_view kOwnerPrefix = "nephele-owner.";

// Image names have no '@' and '/'.
std::string owner_mark_of(const std::string& owner) {
  std::string name = std::string(kOwnerPrefix) + owner;
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '@' || c == '/'; }, '.');
  return name;
}

// Of the provider and of those that write to it.
struct Storage {
  explicit Storage(RbdOptions its_options) : options(std::move(its_options)), pool(options.pool) {}
  const RbdOptions options;
  Pool pool;
  Families families{pool};
};

// Dispels the image that is being made unless it is named at the end.
class ImageInMaking {
 public:
  ImageInMaking(Storage& storage, std::string name) : storage_(storage), name_(std::move(name)) {
    storage_.families.dispose(part());
  }
  ~ImageInMaking() {
    if (named_) return;
    try {
      storage_.families.dispose(part());
    } catch (const Error& error) {
      platform::log_warning("piece of an image not removed image={} error={}", part(),
                            error.what());
    }
  }
  ImageInMaking(const ImageInMaking&) = delete;
  ImageInMaking& operator=(const ImageInMaking&) = delete;
  [[nodiscard]] std::string part() const { return part_of(name_); }
  // It is there from now on, in the place of what was there.
  void finish() {
    storage_.families.dispose(name_);
    storage_.pool.rename(part(), name_);
    named_ = true;
  }

 private:
  Storage& storage_;
  const std::string name_;
  bool named_ = false;
};

class RbdVolumeWriter final : public Writer {
 public:
  RbdVolumeWriter(std::shared_ptr<Storage> storage, const std::string& name, int64_t bytes)
      : storage_(std::move(storage)), made_(*storage_, name) {
    storage_->pool.create(made_.part(), static_cast<uint64_t>(bytes),
                          storage_->options.object_bytes);
    filler_.emplace(storage_->pool.open(made_.part(), Access::write));
  }
  void write(std::string_view bytes) override { filler_->append(bytes); }
  void commit() override {
    filler_->flush();
    filler_.reset();
    made_.finish();
  }

 private:
  std::shared_ptr<Storage> storage_;
  ImageInMaking made_;
  std::optional<ImageFiller> filler_;  // closed before what it fills goes
};

class RbdProvider final : public Provider {
 public:
  explicit RbdProvider(RbdOptions options)
      : storage_(std::make_shared<Storage>(std::move(options))) {}

  Stats stats() const override {
    if (!is_ours_) ensure_ours(pool().list());
    const auto usage = pool().usage();
    return {(usage.used_bytes + usage.free_bytes) / kBytesOfGib, usage.free_bytes / kBytesOfGib,
            true, capabilities()};
  }

  void create(const std::string& volume_id, int64_t size_gib) override {
    const std::string name = image_name_of({Kind::volume, volume_id});
    families().dispose(part_of(name));
    if (!pool().has(name))
      pool().create(name, static_cast<uint64_t>(size_gib * kBytesOfGib), options().object_bytes);
  }

  void copy(const Item& source, const std::string& volume_id, int64_t size_gib) override {
    const std::string name = image_name_of({Kind::volume, volume_id});
    if (!pool().has(name)) put_copy(source, name, size_gib);
  }

  void revert(const std::string& volume_id, const std::string& snapshot_id,
              int64_t size_gib) override {
    put_copy({Kind::snapshot, snapshot_id}, image_name_of({Kind::volume, volume_id}), size_gib);
  }

  void create_snapshot(const std::string& snapshot_id, const std::string& volume_id) override {
    const std::string name = image_name_of({Kind::snapshot, snapshot_id});
    if (pool().has(name)) return;
    ImageInMaking made(*storage_, name);
    families().clone_now({image_name_of({Kind::volume, volume_id}), name}, made.part());
    made.finish();
  }

  std::unique_ptr<Writer> write(const std::string& volume_id, int64_t size_gib) override {
    return std::make_unique<RbdVolumeWriter>(storage_, image_name_of({Kind::volume, volume_id}),
                                             size_gib * kBytesOfGib);
  }

  bool clones_images() const override { return true; }
  bool clone_image(const std::string& location, const std::string& volume_id,
                   int64_t size_gib) override {
    auto image = parse_location(location, pool().fsid());
    if (!image) return false;
    if (image->pool == options().pool.pool) image->pool.clear();
    const std::string name = image_name_of({Kind::volume, volume_id});
    if (pool().has(name)) return true;
    ImageInMaking made(*storage_, name);
    families().clone(*image, made.part());
    if (pool().open(made.part(), Access::read).size() >
        static_cast<uint64_t>(size_gib * kBytesOfGib))
      throw Error(ErrorKind::bad_request, "The image does not fit into the volume.", location);
    grow(made.part(), size_gib);
    made.finish();
    return true;
  }

  std::shared_ptr<platform::http::BodySource> read(const std::string& volume_id) const override {
    return read_image(pool().open(image_name_of({Kind::volume, volume_id}), Access::read));
  }

  std::string path(const std::string& volume_id) const override {
    throw Error(ErrorKind::not_implemented, "Volumes in Ceph are reached without a target.",
                volume_id);
  }

  bool is_reached_directly() const override { return true; }

  // As cinder/volume/drivers/rbd.py gives it, but for the keyring: whoever sees the attachment
  // would have it (OSSN-0085). Hosts have it already.
  base::JsonObject connection(const std::string& volume_id) const override {
    base::JsonArray hosts;
    base::JsonArray ports;
    for (const auto& monitor : pool().monitors()) {
      hosts.emplace_back(monitor.host);
      ports.emplace_back(monitor.port);
    }
    const std::string& secret = options().secret_uuid;
    return {{"driver_volume_type", "rbd"},
            {"name", options().pool.pool + "/" + image_name_of({Kind::volume, volume_id})},
            {"hosts", std::move(hosts)},
            {"ports", std::move(ports)},
            {"cluster_name", options().pool.cluster},
            {"auth_enabled", true},
            {"auth_username", options().pool.user},
            {"secret_type", "ceph"},
            {"secret_uuid", secret.empty() ? base::Json(nullptr) : base::Json(secret)},
            {"keyring", nullptr},
            {"discard", true}};
  }

  void shut_out(const std::string& volume_id, const std::string& host_address) override {
    for (const std::string& client : writers_of(image_name_of({Kind::volume, volume_id}))) {
      if (!host_address.empty() && platform::rbd::host_of(client) != host_address) continue;
      platform::log_warning("shutting out who still has a volume open volume={} client={}",
                            volume_id, client);
      pool().shut_out(client);
    }
  }

  void extend(const std::string& volume_id, int64_t size_gib) override {
    grow(image_name_of({Kind::volume, volume_id}), size_gib);
  }

  void remove(const Item& item) override {
    const std::string name = image_name_of(item);
    families().dispose(name);
    families().dispose(part_of(name));
    auto kept = pool().list();
    std::erase_if(kept, [&](const std::string& each) { return item_of_image(each) != item; });
    for (const std::string& each : families().list_kept_in_vain(kept)) families().dispose(each);
  }

  int64_t manage(const std::string& name, const Item& item) override {
    const std::string ours = image_name_of(item);
    if (!pool().has(ours)) pool().rename(unmanaged_name(name), ours);
    const int64_t size_gib = gib_of(pool().open(ours, Access::read));
    grow(ours, size_gib);
    return size_gib;
  }

  void unmanage(const Item& item) override {
    const std::string name = image_name_of(item);
    if (pool().has(name)) pool().rename(name, name + std::string(kUnmanaged));
  }

  std::string name_of(const Item& item) const override { return image_name_of(item); }

  std::vector<Unmanaged> list_unmanaged(Kind kind) const override {
    const auto names = pool().list();
    ensure_ours(names);
    std::vector<Unmanaged> found;
    for (const std::string& name : names) {
      if (!is_anybodys(name) || item_of_image(name)) continue;
      const std::string shown = managed_name(name);
      const auto was = item_of_image(shown);
      if ((was ? was->kind : Kind::volume) == kind) found.push_back(look_at(name, shown, kind));
    }
    return found;
  }

  // Of what is kept for others only what nobody needs any more.
  std::vector<Item> list() const override {
    const auto names = pool().list();
    ensure_ours(names);
    std::vector<Item> items;
    std::vector<std::string> kept;
    for (const std::string& name : names) {
      auto item = item_of_image(name);
      if (!item) continue;
      is_kept(name) ? kept.push_back(name) : items.push_back(*std::move(item));
    }
    for (const std::string& name : families().list_kept_in_vain(kept))
      items.push_back(item_of_image(name).value());
    return items;
  }

 private:
  std::vector<std::string> writers_of(const std::string& name) const {
    try {
      return pool().open(name, Access::read).other_writers();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::not_found) return {};
      throw;
    }
  }

  Pool& pool() const { return storage_->pool; }
  Families& families() const { return storage_->families; }
  const RbdOptions& options() const { return storage_->options; }

  // `names`: all images of the pool.
  void ensure_ours(const std::vector<std::string>& names) const {
    const std::string mark = owner_mark_of(options().owner);
    bool is_marked = false;
    for (const std::string& name : names) {
      is_marked = is_marked || name == mark;
      if (name.starts_with(kOwnerPrefix) && name != mark) refuse_pool("image " + name);
    }
    if (!is_marked) mark_as_ours(names, mark);
    is_ours_ = true;
  }
  void mark_as_ours(const std::vector<std::string>& names, const std::string& mark) const {
    for (const std::string& name : names)
      if (item_of_image(name)) refuse_pool(fmt::format("image {} and no {}", name, mark));
    try {
      pool().create(mark, 0, options().object_bytes);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::conflict) throw;  // another thread was faster
    }
  }
  [[noreturn]] void refuse_pool(const std::string& what) const {
    throw Error(ErrorKind::unavailable, "The Ceph pool " + options().pool.pool +
                                            " has volumes of another back end (" + what +
                                            "): give each back end a pool of its own.");
  }

  // The image becomes a copy, in the place of what is there.
  void put_copy(const Item& source, const std::string& name, int64_t size_gib) {
    ImageInMaking made(*storage_, name);
    if (const auto snapshot = snapshot_behind(source))
      families().clone(*snapshot, made.part());
    else
      families().clone_now({image_name_of(source), name + ".clone_snap"}, made.part());
    const bool needs_own_bytes =
        (source.kind == Kind::snapshot && options().flatten_from_snapshot) ||
        families().generation_of(made.part()) > options().max_clone_depth;
    if (needs_own_bytes) families().flatten(made.part());
    grow(made.part(), size_gib);
    made.finish();
  }

  // Of a snapshot that create_snapshot() made, what its image is a clone of.
  std::optional<Parent> snapshot_behind(const Item& source) const {
    const std::string name = image_name_of(source);
    auto parent = pool().open(name, Access::read).parent();
    if (source.kind != Kind::snapshot || !parent || parent->snapshot != name) return std::nullopt;
    return parent;
  }

  void grow(const std::string& name, int64_t size_gib) const {
    const auto bytes = static_cast<uint64_t>(size_gib * kBytesOfGib);
    Image image = pool().open(name, Access::write);
    if (image.size() < bytes) image.resize(bytes);
  }

  static std::map<std::string, std::string> capabilities() {
    auto all = common_capabilities("ceph");
    all["vendor_name"] = "Open Source";
    all["driver_version"] = "1.2.0";
    all["multiattach"] = "False";
    return all;
  }

  // Of what can be managed; `shown`: its name for manage().
  [[nodiscard]] Unmanaged look_at(const std::string& name, const std::string& shown,
                                  Kind kind) const {
    Unmanaged one;
    one.name = shown;
    try {
      const Image image = pool().open(name, Access::read);
      one.size_gib = gib_of(image);
      if (image.has_writers())
        one.reason_not_safe = kind == Kind::volume ? "volume in use" : "snapshot in use";
      const auto parent = kind == Kind::snapshot ? image.parent() : std::nullopt;
      if (parent) one.source_name = managed_name(parent->image);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::unavailable) throw;
      one.reason_not_safe = error.what();
    }
    return one;
  }

  static int64_t gib_of(const Image& image) {
    const auto bytes = static_cast<int64_t>(image.size());
    return std::max<int64_t>(1, (bytes + kBytesOfGib - 1) / kBytesOfGib);
  }

  // Not made by this back end for itself.
  static bool is_anybodys(const std::string& name) {
    return !is_kept(name) && !name.ends_with(kPart) && !name.starts_with(kOwnerPrefix);
  }

  // The other way round than unmanaged_name().
  static std::string managed_name(const std::string& name) {
    if (!name.ends_with(kUnmanaged)) return name;
    std::string item = name.substr(0, name.size() - kUnmanaged.size());
    return item_of_image(item) ? item : name;
  }

  // The image that `name` stands for.
  static std::string unmanaged_name(const std::string& name) {
    if (name.empty() || name.find_first_of("/@") != std::string::npos || !is_anybodys(name))
      throw Error(ErrorKind::bad_request, "There can be no image of that name.", name);
    return item_of_image(name) ? name + std::string(kUnmanaged) : name;
  }

  std::shared_ptr<Storage> storage_;
  mutable std::atomic<bool> is_ours_{false};  // has been seen to be
};

}  // namespace

std::unique_ptr<Provider> make_rbd_provider(RbdOptions options) {
  return std::make_unique<RbdProvider>(std::move(options));
}

}  // namespace cinder::drivers
