#include "platform/rbd/families.hpp"

#include <optional>

#include "base/error.hpp"

namespace platform::rbd {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view kDeleted = ".deleted";

// nullopt: there is no such image.
std::optional<Image> find_image(Pool& pool, const std::string& name, Access access) {
  try {
    return pool.open(name, access);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) return std::nullopt;
    throw;
  }
}

bool is_open(Pool& pool, const std::string& name) {
  const auto image = find_image(pool, name, Access::read);
  return image && image->has_writers();
}

// False: it has clones.
bool try_to_remove_snapshot(Image& image, const std::string& snapshot) {
  try {
    image.remove_snapshot(snapshot);
    return true;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) return true;
    if (error.kind() == ErrorKind::conflict) return false;
    throw;
  }
}

// False: somebody has it open.
bool try_to_remove(Pool& pool, const std::string& name) {
  try {
    pool.remove(name);
    return true;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) return true;
    if (error.kind() == ErrorKind::conflict) return false;
    throw;
  }
}

}  // namespace

bool is_kept(std::string_view name) { return name.ends_with(kDeleted); }

std::string name_before_disposal(std::string_view name) {
  name.remove_suffix(kDeleted.size());
  return std::string(name.substr(0, name.rfind('.')));
}

bool Families::remove_snapshots(Image& image) {
  const std::lock_guard lock(mutex_);
  bool all = true;
  for (const std::string& snapshot : image.snapshots())
    all &= try_to_remove_snapshot(image, snapshot);
  return all;
}

void Families::clone(const Parent& parent, const std::string& child) {
  const std::lock_guard lock(mutex_);
  pool_.clone(parent, child);
}

void Families::clone_now(const Parent& parent, const std::string& child) {
  const std::lock_guard lock(mutex_);
  Image image = pool_.open(parent.image, Access::write);
  // Of an attempt that failed: it is of another time.
  try_to_remove_snapshot(image, parent.snapshot);
  image.create_snapshot(parent.snapshot);
  pool_.clone(parent, child);
}

void Families::flatten(const std::string& name) {
  Image image = pool_.open(name, Access::write);
  const auto parent = image.parent();
  if (!parent) return;
  image.flatten();
  release(*parent);
}

void Families::dispose(const std::string& name) {
  std::optional<Parent> parent;
  std::string kept_as;
  bool has_clones = false;
  {
    auto image = find_image(pool_, name, Access::write);
    if (!image) {  // a death may have left nothing but its name
      try_to_remove(pool_, name);
      return;
    }
    parent = image->parent();
    kept_as = name + "." + image->id() + std::string(kDeleted);
    has_clones = !remove_snapshots(*image);
  }
  if (has_clones || !try_to_remove(pool_, name)) {
    if (!is_kept(name)) pool_.rename(name, kept_as);
  } else if (parent) {
    release(*parent);
  }
}

// Without the snapshot, unless something is a clone of it, and without the image if it was kept
// only for that.
void Families::release(const Parent& parent) {
  if (!parent.pool.empty()) return;
  if (parent.snapshot == kContentSnapshot && !is_kept(parent.image)) return;
  {
    auto image = find_image(pool_, parent.image, Access::write);
    if (!image) return;
    const std::lock_guard lock(mutex_);
    if (!try_to_remove_snapshot(*image, parent.snapshot)) return;
    if (!is_kept(parent.image) || !image->snapshots().empty()) return;
  }
  dispose(parent.image);
}

std::vector<std::string> Families::list_kept_in_vain(const std::vector<std::string>& names) {
  std::vector<std::string> found;
  for (const std::string& name : names) {
    if (!is_kept(name) || is_open(pool_, name)) continue;
    auto image = find_image(pool_, name, Access::write);
    if (image && remove_snapshots(*image)) found.push_back(name);
  }
  return found;
}

int Families::generation_of(const std::string& name) {
  int generation = 0;
  auto parent = pool_.open(name, Access::read).parent();
  for (; parent && parent->pool.empty(); ++generation)
    parent = pool_.open(parent->image, Access::read).parent();
  return generation;
}

}  // namespace platform::rbd
