#include "cinder/drivers/volume/file/qcow2_header.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"

namespace cinder::drivers {
namespace {

void put(std::string& header, size_t at, const std::string& bytes) {
  header.replace(at, bytes.size(), bytes);
}

std::string header_of_one_gib() {
  std::string header(kQcow2Header, '\0');
  put(header, 0, "QFI\xfb");
  header[7] = 3;
  header[28] = 0x40;
  return header;
}

bool is_refused(const std::string& header) {
  try {
    static_cast<void>(parse_qcow2_size(header));
  } catch (const base::Error& error) {
    return error.kind() == base::ErrorKind::bad_request;
  }
  return false;
}

TEST(Qcow2Header, says_how_large_the_disk_is) {
  EXPECT_EQ(parse_qcow2_size(header_of_one_gib()), int64_t{1} << 30);
}

TEST(Qcow2Header, is_refused_if_the_disk_is_not_whole_without_other_files) {
  for (const size_t at : {size_t{15}, size_t{35}}) {  // backing file, encryption
    std::string header = header_of_one_gib();
    header[at] = 1;
    EXPECT_TRUE(is_refused(header)) << at;
  }
  std::string with_data_file = header_of_one_gib();
  with_data_file[79] = 4;
  EXPECT_TRUE(is_refused(with_data_file));
  std::string corrupt = header_of_one_gib();
  corrupt[79] = 2;
  EXPECT_TRUE(is_refused(corrupt));
}

TEST(Qcow2Header, is_refused_if_it_is_none) {
  EXPECT_TRUE(is_refused(""));
  EXPECT_TRUE(is_refused("QFI\xfb"));
  EXPECT_TRUE(is_refused(header_of_one_gib().substr(0, 80)));
  EXPECT_TRUE(is_refused(std::string(kQcow2Header, '\0')));
  std::string huge = header_of_one_gib();
  huge[24] = '\xff';
  EXPECT_TRUE(is_refused(huge));
  std::string future = header_of_one_gib();
  future[7] = 4;
  EXPECT_TRUE(is_refused(future));
}

}  // namespace
}  // namespace cinder::drivers
