#include "cinder/drivers/volume/nfs/nfs_provider.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.hpp"
#include "cinder/drivers/volume/file/file_provider.hpp"

namespace cinder::drivers {
namespace {

using base::Error;
using base::ErrorKind;

class NfsProvider final : public Provider {
 public:
  NfsProvider(NfsOptions options, const std::shared_ptr<const Mounter>& mounter,
              std::shared_ptr<const FileFormat> format)
      : format_(std::move(format)) {
    if (options.shares.empty())
      throw Error(ErrorKind::bad_request, "nfs_shares_config names no share");
    for (Share& share : options.shares) {
      auto mount =
          std::make_unique<ShareMount>(std::move(share), options.mount_point_base, mounter);
      auto files = make_file_provider(mount->directory(), format_, DirectoryMode::as_it_is);
      shares_.push_back({std::move(mount), std::move(files)});
    }
  }

  Stats stats() const override {
    ensure_all();
    Stats sum = shares_.front().files->stats();
    for (size_t i = 1; i < shares_.size(); ++i) {
      const Stats more = shares_[i].files->stats();
      sum.total_gib += more.total_gib;
      sum.free_gib += more.free_gib;
    }
    sum.capabilities["storage_protocol"] = "nfs";
    return sum;
  }

  void create(const std::string& volume_id, int64_t size_gib) override {
    place_of({Kind::volume, volume_id}).create(volume_id, size_gib);
  }
  void copy(const Item& source, const std::string& volume_id, int64_t size_gib) override {
    holder_of(source).copy(source, volume_id, size_gib);
  }
  std::unique_ptr<Writer> write(const std::string& volume_id, int64_t size_gib) override {
    return place_of({Kind::volume, volume_id}).write(volume_id, size_gib);
  }
  std::shared_ptr<platform::http::BodySource> read(const std::string& volume_id) const override {
    return holder_of({Kind::volume, volume_id}).read(volume_id);
  }
  std::string path(const std::string& volume_id) const override {
    return holder_of({Kind::volume, volume_id}).path(volume_id);
  }
  // Of what is exported this host knows by itself.
  void close_path(const std::string& volume_id) override { format_->conceal(volume_id); }
  std::vector<HeldPath> held_paths() const override { return format_->exposed(); }

  void extend(const std::string& volume_id, int64_t size_gib) override {
    holder_of({Kind::volume, volume_id}).extend(volume_id, size_gib);
  }
  void create_snapshot(const std::string& snapshot_id, const std::string& volume_id) override {
    if (find({Kind::snapshot, snapshot_id})) return;
    holder_of({Kind::volume, volume_id}).create_snapshot(snapshot_id, volume_id);
  }
  // A snapshot that was taken over may be on another share than its volume.
  void revert(const std::string& volume_id, const std::string& snapshot_id,
              int64_t size_gib) override {
    Provider& there = holder_of({Kind::snapshot, snapshot_id});
    there.revert(volume_id, snapshot_id, size_gib);
    for (const OneShare& share : shares_)
      if (share.files.get() != &there) share.files->remove({Kind::volume, volume_id});
  }
  void remove(const Item& item) override {
    ensure_all();
    for (const OneShare& share : shares_) share.files->remove(item);
  }

  int64_t manage(const std::string& name, const Item& item) override {
    if (Provider* there = find(item)) return there->manage(name, item);
    for (const OneShare& share : shares_) {
      try {
        return share.files->manage(name, item);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found) throw;
      }
    }
    throw Error(ErrorKind::not_found, "There is no such file in the back end.", name);
  }
  void unmanage(const Item& item) override {
    if (Provider* there = find(item)) there->unmanage(item);
  }
  std::string name_of(const Item& item) const override { return file_name_of(item); }
  // Of a name that is in several shares manage() takes the first.
  std::vector<Unmanaged> list_unmanaged(Kind kind) const override {
    ensure_all();
    std::vector<Unmanaged> all;
    std::set<std::string> names;
    for (const OneShare& share : shares_)
      for (Unmanaged& one : share.files->list_unmanaged(kind))
        if (names.insert(one.name).second) all.push_back(std::move(one));
    return all;
  }

  std::vector<Item> list() const override {
    ensure_all();
    std::vector<Item> items;
    for (const OneShare& share : shares_)
      for (Item& item : share.files->list()) items.push_back(std::move(item));
    return items;
  }

 private:
  struct OneShare {
    std::unique_ptr<ShareMount> mount;
    std::unique_ptr<Provider> files;
  };

  void ensure_all() const {
    for (const OneShare& share : shares_) share.mount->ensure();
  }

  // Null: it is in none of them.
  [[nodiscard]] Provider* find(const Item& item) const {
    ensure_all();
    for (const OneShare& share : shares_)
      if (std::filesystem::exists(share.mount->directory() + "/" + file_name_of(item)))
        return share.files.get();
    return nullptr;
  }

  [[nodiscard]] Provider& holder_of(const Item& item) const {
    if (Provider* found = find(item)) return *found;
    throw Error(ErrorKind::not_found, "The volume is not in the storage pool.", item.id);
  }

  // Where it is, or else most is free.
  [[nodiscard]] Provider& place_of(const Item& item) const {
    if (Provider* found = find(item)) return *found;
    const auto roomiest =
        std::max_element(shares_.begin(), shares_.end(), [](const OneShare& a, const OneShare& b) {
          return a.files->stats().free_gib < b.files->stats().free_gib;
        });
    return *roomiest->files;
  }

  std::shared_ptr<const FileFormat> format_;
  std::vector<OneShare> shares_;
};

}  // namespace

std::unique_ptr<Provider> make_nfs_provider(NfsOptions options,
                                            const std::shared_ptr<const Mounter>& mounter,
                                            std::shared_ptr<const FileFormat> format) {
  return std::make_unique<NfsProvider>(std::move(options), mounter, std::move(format));
}

}  // namespace cinder::drivers
