#include "shipping/gzip.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <random>
#include <string>

#include "net/gunzip.h"

namespace logmill {
namespace {

TEST(GzipTest, EachBodyComesBackAsItWas) {
  std::mt19937_64 random(1);
  Gzip gzip;
  for (const size_t size : std::initializer_list<size_t>{0, 1, 1000, 3'000'000, 5, 70'000}) {
    std::string plain(size, '\0');
    for (char& c : plain) c = static_cast<char>(size == 70'000 ? random() : 'a' + random() % 4);
    Gunzip gunzip;
    std::string unpacked;
    EXPECT_EQ(gunzip.Append(gzip.Pack(plain), unpacked, size + 1), Gunzip::Result::kGood);
    EXPECT_TRUE(gunzip.complete());
    EXPECT_EQ(unpacked, plain);
  }
}

}  // namespace
}  // namespace logmill
