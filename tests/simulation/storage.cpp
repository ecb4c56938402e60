#include "storage.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace simulation {
namespace {

using cinder::drivers::Item;
using platform::SimulatedProcess;
using Point = std::function<void(const char*)>;

constexpr int64_t kRoom = 1000;  // GiB

Item volume_item(const std::string& id) { return {cinder::drivers::Kind::volume, id}; }
Item snapshot_item(const std::string& id) { return {cinder::drivers::Kind::snapshot, id}; }

[[noreturn]] void fail_not_here(const std::string& id) {
  throw base::Error(base::ErrorKind::not_found, "The volume is not on this back end.", id);
}

// An item on its way: a part until it is committed.
class Part {
 public:
  Part(SimulatedProcess& process, std::shared_ptr<Storage> storage, Item item)
      : process_(process), storage_(std::move(storage)), item_(std::move(item)) {
    storage_->parts.insert(item_);
  }
  ~Part() {
    if (!committed_ && !process_.killed()) storage_->parts.erase(item_);
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  void commit(Storage::Content content) {
    storage_->parts.erase(item_);
    storage_->items[item_] = std::move(content);
    committed_ = true;
  }

 private:
  SimulatedProcess& process_;
  std::shared_ptr<Storage> storage_;
  Item item_;
  bool committed_ = false;
};

class VolumeWriter final : public cinder::drivers::Writer {
 public:
  VolumeWriter(SimulatedProcess& process, std::shared_ptr<Storage> storage,
               const std::string& volume_id, int64_t size_gib, Point point)
      : part_(process, std::move(storage), volume_item(volume_id)), point_(std::move(point)) {
    content_.size_gib = size_gib;
  }
  void write(std::string_view bytes) override {
    point_("provider.write");
    content_.bytes += bytes;
  }
  void commit() override {
    point_("provider.commit");
    part_.commit(content_);
    point_("provider.commit done");
  }

 private:
  Part part_;
  Point point_;
  Storage::Content content_;
};

class RememberedProvider final : public cinder::drivers::Provider {
 public:
  RememberedProvider(SimulatedProcess& process, std::shared_ptr<Storage> storage, Point point)
      : process_(process), storage_(std::move(storage)), point_(std::move(point)) {}

  cinder::drivers::Stats stats() const override {
    point_("provider.stats");
    return {kRoom, kRoom, true, cinder::drivers::common_capabilities("file")};
  }
  void create(const std::string& volume_id, int64_t size_gib) override {
    make(volume_item(volume_id), {"", size_gib}, "provider.create", "provider.create done");
  }
  void copy(const Item& source, const std::string& volume_id, int64_t size_gib) override {
    make(volume_item(volume_id), {get(source).bytes, size_gib}, "provider.copy",
         "provider.copy done");
  }
  std::unique_ptr<cinder::drivers::Writer> write(const std::string& volume_id,
                                                 int64_t size_gib) override {
    return std::make_unique<VolumeWriter>(process_, storage_, volume_id, size_gib, point_);
  }
  std::shared_ptr<platform::http::BodySource> read(const std::string& volume_id) const override {
    point_("provider.read");
    auto source = std::make_shared<platform::http::BodySource>();
    source->reader = platform::http::make_text_reader(get(volume_item(volume_id)).bytes);
    return source;
  }
  std::string path(const std::string& volume_id) const override {
    static_cast<void>(get(volume_item(volume_id)));
    return "/volumes/" + volume_id;
  }
  void extend(const std::string& volume_id, int64_t size_gib) override {
    point_("provider.extend");
    Storage::Content& content = get(volume_item(volume_id));
    content.size_gib = std::max(content.size_gib, size_gib);
    point_("provider.extend done");
  }
  void create_snapshot(const std::string& snapshot_id, const std::string& volume_id) override {
    make(snapshot_item(snapshot_id), get(volume_item(volume_id)), "provider.create_snapshot",
         "provider.create_snapshot done");
  }
  void revert(const std::string& volume_id, const std::string& snapshot_id,
              int64_t size_gib) override {
    point_("provider.revert");
    storage_->items[volume_item(volume_id)] = {get(snapshot_item(snapshot_id)).bytes, size_gib};
    point_("provider.revert done");
  }
  void remove(const Item& item) override {
    point_("provider.remove");
    storage_->items.erase(item);
    storage_->parts.erase(item);
    point_("provider.remove done");
  }
  int64_t manage(const std::string& name, const Item&) override { fail_not_here(name); }
  void unmanage(const Item&) override {}
  std::string name_of(const Item& item) const override { return item.id; }
  std::vector<cinder::drivers::Unmanaged> list_unmanaged(cinder::drivers::Kind) const override {
    return {};
  }
  std::vector<Item> list() const override {
    point_("provider.list");
    std::vector<Item> all(storage_->parts.begin(), storage_->parts.end());
    for (const auto& [item, content] : storage_->items) all.push_back(item);
    return all;
  }

 private:
  Storage::Content& get(const Item& item) const {
    const auto found = storage_->items.find(item);
    if (found == storage_->items.end()) fail_not_here(item.id);
    return found->second;
  }
  // What is there stays as it is.
  void make(const Item& item, Storage::Content content, const char* before, const char* after) {
    if (storage_->items.contains(item)) return;
    Part part(process_, storage_, item);
    point_(before);
    part.commit(std::move(content));
    point_(after);
  }

  SimulatedProcess& process_;
  std::shared_ptr<Storage> storage_;
  Point point_;
};

}  // namespace

std::unique_ptr<cinder::drivers::Provider> make_provider(SimulatedProcess& process,
                                                         std::shared_ptr<Storage> storage,
                                                         Point point) {
  return std::make_unique<RememberedProvider>(process, std::move(storage), std::move(point));
}

}  // namespace simulation
