#include "glance/store/images.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

#include "glance/store/queries.hpp"
#include "platform/database/placeholders.hpp"
#include "platform/database/rows.hpp"

namespace glance::store {
namespace {

using openstack::SqlFragment;
using platform::Session;
using platform::SqlRow;
using platform::SqlValues;

std::vector<ImageLocation> first_location(std::optional<std::string>&& url,
                                          std::optional<std::string>&& store) {
  std::vector<ImageLocation> locations;
  if (url) locations.push_back({std::move(store).value_or(""), std::move(*url)});
  return locations;
}

Image base_of(ImageRow&& row) {
  return {std::move(row.id),
          std::move(row.name),
          std::move(row.owner),
          std::move(row.status),
          std::move(row.visibility),
          std::move(row.disk_format),
          std::move(row.container_format),
          std::move(row.checksum),
          std::move(row.os_hash_algo),
          std::move(row.os_hash_value),
          row.size,
          row.virtual_size,
          row.min_disk,
          row.min_ram,
          row.is_protected,
          row.os_hidden,
          first_location(std::move(row.location), std::move(row.store)),
          std::move(row.staged_location),
          row.created_at,
          row.updated_at,
          {},
          {}};
}

// What is between the parentheses of "image_id IN ()".
struct IdList {
  SqlValues values;
  std::string marks;

  explicit IdList(const std::vector<Image>& images) {
    for (const Image& image : images) values.emplace_back(image.id);
    marks = platform::placeholders(values);
  }
};

void add_properties_and_tags(Session& session, std::vector<Image>& images) {
  if (images.empty()) return;
  std::unordered_map<std::string_view, Image*> by_id;
  for (Image& image : images) by_id[image.id] = &image;
  const IdList ids(images);
  session.query(
      "SELECT image_id, name, value FROM image_properties WHERE image_id IN (" + ids.marks + ")",
      ids.values, [&](const SqlRow& row) {
        by_id.at(row.text(0))->properties[std::string(row.text(1))] =
            row.get<std::optional<std::string>>(2);
      });
  session.query(
      "SELECT image_id, tag FROM image_tags WHERE image_id IN (" + ids.marks + ") ORDER BY tag",
      ids.values,
      [&](const SqlRow& row) { by_id.at(row.text(0))->tags.emplace_back(row.text(1)); });
}

constexpr std::string_view kLocationColumns = "store, url, metadata, image_id, position";

// The row of images tells the first one. It alone has that if an older glance-registry wrote it.
void add_location_row(std::vector<ImageLocation>& locations, const SqlRow& row) {
  ImageLocation location{std::string(row.text(0)), std::string(row.text(1)),
                         std::string(row.text(2))};
  if (row.integer(4) == 0) locations.clear();
  locations.push_back(std::move(location));
}

void add_locations(Session& session, std::vector<Image>& images) {
  std::unordered_map<std::string_view, Image*> by_id;
  for (Image& image : images)
    if (!image.locations.empty()) by_id[image.id] = &image;
  if (by_id.empty()) return;
  const IdList ids(images);
  session.query(fmt::format("SELECT {} FROM image_locations WHERE image_id IN ({}) ORDER BY "
                            "image_id, position",
                            kLocationColumns, ids.marks),
                ids.values, [&](const SqlRow& row) {
                  if (const auto image = by_id.find(row.text(3)); image != by_id.end())
                    add_location_row(image->second->locations, row);
                });
}

void write_properties_and_tags(Session& session, const Image& image) {
  session.execute("DELETE FROM image_properties WHERE image_id=?", {image.id});
  session.execute("DELETE FROM image_tags WHERE image_id=?", {image.id});
  for (const auto& [name, value] : image.properties)
    session.execute("INSERT INTO image_properties (image_id, name, value) VALUES (?,?,?)",
                    {image.id, name, value});
  for (const std::string& tag : image.tags)
    session.execute("INSERT INTO image_tags (image_id, tag) VALUES (?,?)", {image.id, tag});
}

std::string_view comparison(std::string_view operation) {
  if (operation == "gte") return ">=";
  if (operation == "gt") return ">";
  if (operation == "lte") return "<=";
  if (operation == "lt") return "<";
  if (operation == "neq") return "<>";
  return "=";
}

void add_column_filter(SqlFragment& where, const ImageFilter& filter) {
  const bool time = filter.field == "created_at" || filter.field == "updated_at";
  const bool number = filter.field == "size" || filter.field == "virtual_size" ||
                      filter.field == "min_ram" || filter.field == "min_disk" ||
                      filter.field == "is_protected";
  std::string any;
  for (const std::string& value : filter.values) {
    any += fmt::format("{}{} {} ?", any.empty() ? "" : " OR ", filter.field,
                       comparison(filter.operation));
    if (time)
      where.values.emplace_back(*base::parse_time(value));
    else if (number)
      where.values.emplace_back(std::stoll(value));
    else
      where.values.emplace_back(value);
  }
  where.text += " AND (" + (any.empty() ? "1 = 0" : any) + ")";
}

void add_filter(SqlFragment& where, const ImageFilter& filter) {
  constexpr std::string_view kProperty = "property:";
  if (!filter.field.starts_with(kProperty)) {
    add_column_filter(where, filter);
    return;
  }
  where.text +=
      " AND EXISTS (SELECT 1 FROM image_properties p WHERE p.image_id = images.id AND p.name = ? "
      "AND "
      "p.value = ?)";
  where.values.emplace_back(filter.field.substr(kProperty.size()));
  where.values.emplace_back(filter.values.front());
}

constexpr std::string_view kShared =
    "(visibility = 'shared' AND EXISTS (SELECT 1 FROM image_members m WHERE m.image_id = images.id "
    "AND m.member = ? AND (m.status = ? OR ? = 'all')))";

// Community images are listed to others, admins too, only when asked for by name.
void add_visibility(SqlFragment& where, const ListImages& request) {
  const std::string& project = request.viewer.project_id;
  if (!request.visibility.empty() && request.visibility != "all") {
    where.text += " AND visibility = ?";
    where.values.emplace_back(request.visibility);
  }
  if (request.visibility.empty()) {
    where.text += " AND (visibility <> 'community' OR owner = ?)";
    where.values.emplace_back(project);
  }
  const bool only_shared = request.visibility == "shared" && request.member_status != "accepted";
  if (request.viewer.admin && !only_shared) return;
  where.text += " AND (owner = ? OR visibility = 'public'";
  where.values.emplace_back(project);
  if (request.visibility == "community" || request.visibility == "all")
    where.text += " OR visibility = 'community'";
  where.text += fmt::format(" OR {})", kShared);
  where.values.insert(where.values.end(), {project, request.member_status, request.member_status});
}

SqlFragment conditions(const ListImages& request) {
  SqlFragment where{"WHERE deleted = 0 AND os_hidden = ?", {request.hidden}};
  add_visibility(where, request);
  for (const ImageFilter& filter : request.filters) add_filter(where, filter);
  for (const std::string& tag : request.tags) {
    where.text +=
        " AND EXISTS (SELECT 1 FROM image_tags t WHERE t.image_id = images.id AND t.tag = ?)";
    where.values.emplace_back(tag);
  }
  return where;
}

SqlFragment after(Session& session, const openstack::Page& page, const std::string& marker) {
  std::string columns;
  for (const openstack::SortKey& key : page.sort)
    columns += (columns.empty() ? "" : ", ") + key.column;
  SqlValues values;
  session.query("SELECT " + columns + " FROM images WHERE id = ? AND deleted = 0", {marker},
                [&](const SqlRow& row) {
                  for (size_t i = 0; i < row.size(); ++i)
                    values.emplace_back(row.get<std::optional<std::string>>(i));
                });
  if (values.empty())
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("No image found with ID {}", marker));
  // Numbers compare as numbers.
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string& column = page.sort[i].column;
    if (column == "created_at" || column == "updated_at" || column == "size")
      if (const auto* text = std::get_if<std::string>(&values[i].get()))
        values[i] = std::stoll(*text);
  }
  return openstack::after_marker(page.sort, values);
}

}  // namespace

std::optional<ImageRow> find_image(Session& session, const std::string& id) {
  return platform::find<ImageRow>(session, "WHERE id = ? AND deleted = 0", {id});
}

Image to_image(Session& session, ImageRow row) {
  std::vector<Image> one;
  one.push_back(base_of(std::move(row)));
  add_properties_and_tags(session, one);
  add_locations(session, one);
  return std::move(one.front());
}

void insert_image(Session& session, const Image& image) {
  ImageRow row;
  row.id = image.id;
  row.name = image.name;
  row.owner = image.owner;
  row.status = image.status;
  row.visibility = image.visibility;
  row.disk_format = image.disk_format;
  row.container_format = image.container_format;
  row.min_disk = image.min_disk;
  row.min_ram = image.min_ram;
  row.is_protected = image.is_protected;
  row.os_hidden = image.os_hidden;
  row.created_at = image.created_at;
  row.updated_at = image.updated_at;
  platform::insert(session, row);
  write_properties_and_tags(session, image);
}

bool update_image(Session& session, const Image& image, base::TimePoint now) {
  const int64_t changed = session.change(
      "UPDATE images SET name=?, owner=?, visibility=?, disk_format=?, container_format=?, "
      "min_disk=?, "
      "min_ram=?, is_protected=?, os_hidden=?, updated_at=? WHERE id=? AND deleted=0 AND "
      "updated_at=?",
      {image.name, image.owner, image.visibility, image.disk_format, image.container_format,
       image.min_disk, image.min_ram, image.is_protected, image.os_hidden, now, image.id,
       image.updated_at});
  if (changed == 1) write_properties_and_tags(session, image);
  return changed == 1;
}

std::vector<Image> list_images(Session& session, const ListImages& request) {
  SqlFragment sql = conditions(request);
  const openstack::Page page = page_of(request.sort, request.limit);
  if (!request.marker.empty()) append(sql, after(session, page, request.marker));
  append(sql, openstack::order_and_limit(page));
  std::vector<Image> images;
  constexpr int64_t kUsualPage = 100;  // images are large, so the vector had better not grow
  images.reserve(static_cast<size_t>(std::min(request.limit, kUsualPage)));
  session.query(platform::select_from<ImageRow>() + sql.text, sql.values, [&](const SqlRow& row) {
    images.push_back(base_of(platform::decode<ImageRow>(row)));
  });
  add_properties_and_tags(session, images);
  add_locations(session, images);
  return images;
}

std::vector<ImageLocation> list_locations(Session& session, const ImageRow& image) {
  std::vector<ImageLocation> locations =
      first_location(std::optional(image.location), std::optional(image.store));
  session.query(fmt::format("SELECT {} FROM image_locations WHERE image_id=? ORDER BY position",
                            kLocationColumns),
                {image.id}, [&](const SqlRow& row) { add_location_row(locations, row); });
  return locations;
}

void set_locations(Session& session, const std::string& image_id,
                   const std::vector<ImageLocation>& locations) {
  session.execute("DELETE FROM image_locations WHERE image_id=?", {image_id});
  for (size_t i = 0; i < locations.size(); ++i)
    session.execute(
        "INSERT INTO image_locations (image_id, position, store, url, metadata) VALUES (?,?,?,?,?)",
        {image_id, static_cast<int64_t>(i), locations[i].store, locations[i].url,
         locations[i].metadata});
  std::optional<std::string> first;
  std::optional<std::string> store;
  if (!locations.empty()) first = locations.front().url;
  if (!locations.empty() && !locations.front().store.empty()) store = locations.front().store;
  session.execute("UPDATE images SET location=?, store=? WHERE id=?", {first, store, image_id});
}

void add_location(Session& session, const ImageRow& image, const std::string& store,
                  const StoredData& data, base::TimePoint now) {
  const auto known = [](const std::string& digest) {
    return digest.empty() ? std::nullopt : std::optional(digest);
  };
  auto locations = list_locations(session, image);
  if (locations.empty())
    session.execute(
        "UPDATE images SET checksum=?, os_hash_algo='sha512', os_hash_value=?, size=?, "
        "virtual_size=? WHERE id=?",
        {known(data.checksum), known(data.os_hash_value), data.size, data.virtual_size, image.id});
  locations.push_back({store, data.location});
  set_locations(session, image.id, locations);
  touch(session, image.id, now);
}

std::optional<std::string> take_location(Session& session, const ImageRow& image,
                                         const std::string& store) {
  auto locations = list_locations(session, image);
  const auto found = std::ranges::find(locations, store, &ImageLocation::store);
  if (found == locations.end()) return std::nullopt;
  std::string url = found->url;
  locations.erase(found);
  set_locations(session, image.id, locations);
  return url;
}

void touch(Session& session, const std::string& image_id, base::TimePoint now) {
  session.execute("UPDATE images SET updated_at=? WHERE id=?", {now, image_id});
}

bool is_member(Session& session, const std::string& image_id, const std::string& project_id) {
  return platform::number(session,
                          "SELECT COUNT(*) FROM image_members WHERE image_id=? AND member=?",
                          {image_id, project_id}) > 0;
}

}  // namespace glance::store
