#include "cinder/drivers/volume/file/file_provider.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "cinder/drivers/volume/file/file_error.hpp"
#include "cinder/drivers/volume/file/sparse_copy.hpp"
#include "cinder/drivers/volume/file/sparse_file.hpp"
#include "cinder/drivers/volume/file/whole_file.hpp"

namespace cinder::drivers {
namespace {

constexpr int64_t kGib = int64_t{1} << 30;

struct Prefix {
  Kind kind;
  std::string_view text;
};
constexpr Prefix kPrefixes[] = {{Kind::volume, "volume-"}, {Kind::snapshot, "snapshot-"}};

// The item that a file is, or a piece of; none: it is not ours.
std::optional<Item> item_of(std::string_view name) {
  if (name.ends_with(kPartSuffix)) name.remove_suffix(kPartSuffix.size());
  for (const Prefix& prefix : kPrefixes) {
    if (!name.starts_with(prefix.text)) continue;
    const std::string_view id = name.substr(prefix.text.size());
    if (base::is_uuid(id)) return Item{prefix.kind, std::string(id)};
  }
  return std::nullopt;
}

void remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail_on_file("remove", path);
}

class FileWriter final : public Writer {
 public:
  FileWriter(std::string directory, const std::string& name, int64_t size, const FileFormat& format)
      : made_(std::move(directory), name) {
    format.make(made_.file(), size);
    view_ = format.view(made_.file().path(), Access::write);
    file_.emplace(view_->path(), size);
  }
  void write(std::string_view bytes) override { file_->write(bytes); }
  void commit() override {
    file_->sync();
    file_.reset();
    view_.reset();
    made_.commit();
  }

 private:
  WholeFile made_;
  std::unique_ptr<RawView> view_;
  std::optional<SparseFile> file_;  // of the view; closed before it ends
};

class FileProvider final : public Provider {
 public:
  FileProvider(std::string directory, std::shared_ptr<const FileFormat> format, DirectoryMode mode)
      : directory_(std::move(directory)), format_(std::move(format)) {
    if (mode == DirectoryMode::as_it_is) return;
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, error);
    if (error)
      throw base::Error(base::ErrorKind::unavailable,
                        "can not make the directory of volumes " + directory_, error.message());
    remove_pieces();
  }

  Stats stats() const override {
    struct statvfs status{};
    if (::statvfs(directory_.c_str(), &status) != 0) fail_on_file("look at", directory_);
    const auto gib = [&](auto blocks) {
      return static_cast<int64_t>(blocks * static_cast<uint64_t>(status.f_frsize)) / kGib;
    };
    return {gib(status.f_blocks), gib(status.f_bavail), true, common_capabilities("file")};
  }

  void create(const std::string& volume_id, int64_t size_gib) override {
    const Item item{Kind::volume, volume_id};
    if (exists(item)) return;
    WholeFile made(directory_, file_name_of(item));
    format_->make(made.file(), size_gib * kGib);
    made.commit();
  }

  void copy(const Item& source, const std::string& volume_id, int64_t size_gib) override {
    copy_to(source, {Kind::volume, volume_id}, size_gib);
  }

  void create_snapshot(const std::string& snapshot_id, const std::string& volume_id) override {
    copy_to({Kind::volume, volume_id}, {Kind::snapshot, snapshot_id}, 0);
  }

  std::unique_ptr<Writer> write(const std::string& volume_id, int64_t size_gib) override {
    return std::make_unique<FileWriter>(directory_, file_name_of({Kind::volume, volume_id}),
                                        size_gib * kGib, *format_);
  }

  std::shared_ptr<platform::http::BodySource> read(const std::string& volume_id) const override {
    return format_->read(volume_id, path_of({Kind::volume, volume_id}));
  }

  std::string path(const std::string& volume_id) const override {
    const Item item{Kind::volume, volume_id};
    if (!exists(item))
      throw base::Error(base::ErrorKind::not_found, "The volume is not on this back end.",
                        volume_id);
    return format_->expose(volume_id, path_of(item));
  }

  void close_path(const std::string& volume_id) override { format_->conceal(volume_id); }
  std::vector<HeldPath> held_paths() const override { return format_->exposed(); }

  void extend(const std::string& volume_id, int64_t size_gib) override {
    grow_file(OpenFile(path_of({Kind::volume, volume_id}), O_RDWR), size_gib * kGib);
  }

  void revert(const std::string& volume_id, const std::string& snapshot_id,
              int64_t size_gib) override {
    put_copy({Kind::snapshot, snapshot_id}, {Kind::volume, volume_id}, size_gib);
  }

  void remove(const Item& item) override {
    if (item.kind == Kind::volume) format_->conceal(item.id);
    remove_file(path_of(item));
    remove_file(path_of(item) + std::string(kPartSuffix));
    sync_directory(directory_);
  }

  int64_t manage(const std::string& name, const Item& item) override {
    if (!exists(item)) take_over(name, item);
    const OpenFile file(path_of(item), O_RDWR);
    const int64_t size_gib = gib_of(file);
    grow_file(file, size_gib * kGib);
    return size_gib;
  }

  void unmanage(const Item& item) override {
    if (!exists(item)) return;
    std::filesystem::create_directories(unmanaged());
    move_file(path_of(item), unmanaged() + "/" + file_name_of(item));
  }

  std::string name_of(const Item& item) const override { return file_name_of(item); }

  std::vector<Unmanaged> list_unmanaged(Kind kind) const override {
    std::vector<Unmanaged> found;
    std::error_code error;  // without the directory there is nothing
    for (const auto& entry : std::filesystem::directory_iterator(unmanaged(), error)) {
      const std::string name = entry.path().filename().string();
      const auto was = item_of(name);
      if ((was ? was->kind : Kind::volume) != kind) continue;
      // Nobody can ask for a name that is no text, and links are not of this directory.
      if (!base::utf8_length(name) || !is_file(entry.path().string())) continue;
      found.push_back(look_at(name));
    }
    return found;
  }

  std::vector<Item> list() const override {
    std::vector<Item> items;
    for (const auto& entry : std::filesystem::directory_iterator(directory_))
      if (auto item = item_of(entry.path().filename().string())) items.push_back(*std::move(item));
    return items;
  }

 private:
  // Of what the last process died in: whoever takes it up begins anew, and it may be that nobody
  // does.
  void remove_pieces() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(kPartSuffix) && item_of(name)) remove_file(entry.path().string());
    }
  }

  std::string path_of(const Item& item) const { return directory_ + "/" + file_name_of(item); }
  bool exists(const Item& item) const { return ::access(path_of(item).c_str(), F_OK) == 0; }

  // Where what is not Cinder's lies; an operator puts there what is to become a volume.
  std::string unmanaged() const { return directory_ + "/unmanaged"; }

  void take_over(const std::string& name, const Item& item) {
    if (name.empty() || name.find('/') != std::string::npos || name == "." || name == "..")
      throw base::Error(base::ErrorKind::bad_request, "There can be no file of that name.", name);
    const std::string path = unmanaged() + "/" + name;
    if (!is_file(path))
      throw base::Error(base::ErrorKind::not_found, "There is no such file in the back end.", path);
    static_cast<void>(format_->size(OpenFile(path, O_RDONLY | O_NOFOLLOW)));
    move_file(path, path_of(item));
  }

  // No link: what it leads to is not of this directory.
  static bool is_file(const std::string& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(std::filesystem::symlink_status(path, error));
  }

  [[nodiscard]] Unmanaged look_at(const std::string& name) const {
    Unmanaged one;
    one.name = name;
    try {
      one.size_gib = gib_of(OpenFile(unmanaged() + "/" + name, O_RDONLY | O_NOFOLLOW));
    } catch (const base::Error& error) {
      one.reason_not_safe = error.what();
    }
    return one;
  }

  [[nodiscard]] int64_t gib_of(const OpenFile& file) const {
    return std::max<int64_t>(1, (format_->size(file) + kGib - 1) / kGib);
  }

  void grow_file(const OpenFile& file, int64_t bytes) const {
    if (format_->size(file) >= bytes) return;
    format_->grow(file, bytes);
    file.sync();
  }

  void move_file(const std::string& from, const std::string& to) const {
    if (::rename(from.c_str(), to.c_str()) != 0) fail_on_file("move", from);
    sync_directory(unmanaged());
    sync_directory(directory_);
  }

  // At least that large, followed by zeros.
  void copy_to(const Item& source, const Item& target, int64_t size_gib) {
    if (!exists(target)) put_copy(source, target, size_gib);
  }
  // The same in the place of what is there.
  void put_copy(const Item& source, const Item& target, int64_t size_gib) {
    const OpenFile from(path_of(source), O_RDONLY);
    WholeFile made(directory_, file_name_of(target));
    copy_sparse(from.descriptor(), made.file().descriptor());
    grow_file(made.file(), size_gib * kGib);
    made.commit();
  }

  std::string directory_;
  std::shared_ptr<const FileFormat> format_;
};

}  // namespace

std::string file_name_of(const Item& item) {
  for (const Prefix& prefix : kPrefixes)
    if (prefix.kind == item.kind) return std::string(prefix.text) + item.id;
  return {};
}

std::unique_ptr<Provider> make_file_provider(const std::string& directory,
                                             std::shared_ptr<const FileFormat> format,
                                             DirectoryMode mode) {
  return std::make_unique<FileProvider>(directory, std::move(format), mode);
}

}  // namespace cinder::drivers
